"""`ess` and PyKEEN that are made up: a pass is what two take beyond one, beside the best batch of the peer."""

import argparse
import pathlib
import sys
import tempfile
import unittest

from .page import section
from .relations_question import RelationsQuestion
from .test_sentence_question import program

# Is busy for a while for each pass, and longer at the start.
ESS = """
import json, pathlib, sys, time
flags = dict(zip(sys.argv[3::2], sys.argv[4::2]))
settings = json.loads(pathlib.Path(flags["--settings"]).read_text())
assert sys.argv[1:3] == ["relations", "train"] and settings["check_every"] > 2 and settings["batch_size"] == 256
while time.process_time() < 0.3 + 0.2 * int(flags["--epochs"]):
    pass
"""

PEER = """
import json, os, pathlib, sys
if sys.argv[1] == "-c":
    print(pathlib.Path(__file__).with_name("lacks.txt").read_text())
    raise SystemExit
assert sys.argv[sys.argv.index("--steps") + 1] == "6"
first = sys.argv.index("--batch") + 1
batches = [int(word) for word in sys.argv[first : sys.argv.index("--steps")]]
with open(os.environ["ESS_FIGURES"], "a") as figures:
    for batch in batches:
        case = sys.argv[sys.argv.index("--case") + 1]
        line = {"case": case, "who": f"made-up, batch {batch}", "seconds": {64: 9, 256: 4, 1024: 5}[batch], "recall": None}
        figures.write(json.dumps(line) + "\\n")
"""


class RelationsQuestionTest(unittest.TestCase):
    def options(self, folder, lacks=""):
        graph = folder / "a graph"
        graph.mkdir(exist_ok=True)
        (graph / "train.txt").write_text("a\tr\tb\nb\tr\tc\n")
        (folder / "lacks.txt").write_text(lacks)
        return argparse.Namespace(
            ess=program(folder / "ess", ESS),
            python=program(folder / "python", PEER),
            graph=graph,
            relation_batches=[64, 256, 1024],
            relation_steps=6,
        )

    def test_a_pass_beside_the_best_batch(self):
        with tempfile.TemporaryDirectory() as folder:
            folder, question = pathlib.Path(folder), RelationsQuestion()
            options = self.options(folder)
            self.assertIsNone(question.why_not(options))
            with question.opened(options, folder) as one_round:
                figures, notes = one_round()
            made = {"commit": "abc", "date": "today", "asked": question.asked(options), "figures": figures, "notes": notes}
        # What the start takes is taken off, but for what the machine adds.
        self.assertAlmostEqual(figures[0]["seconds"], 0.2, delta=0.1)
        self.assertEqual(len(figures), 4)
        figures[0]["seconds"] = 0.2
        text = "\n".join(section(question, [made], "A processor"))
        self.assertIn("a graph, 2 training triples.", text)
        self.assertIn("| ComplEx, 200 components, a pass | 200 ms | 4 s | made-up, batch 256 | 20.00 |", text)

    def test_without_a_graph_or_a_peer_there_is_a_reason(self):
        question = RelationsQuestion()
        self.assertIn("--graph", question.why_not(argparse.Namespace(graph=None)))
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            self.assertIn("lacks pykeen", question.why_not(self.options(folder, "pykeen")))
            (folder / "a graph" / "train.txt").unlink()
            self.assertIn("train.txt not found", question.why_not(argparse.Namespace(graph=folder / "a graph", python=sys.executable)))


if __name__ == "__main__":
    unittest.main()
