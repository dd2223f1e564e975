"""`ess` and a peer that are made up: the peer is compared where its vectors and tokens are those of ESS, and not otherwise."""

import argparse
import json
import pathlib
import stat
import sys
import tempfile
import textwrap
import unittest

from .encode_question import EncodeQuestion
from .page import section

# Writes a store of two numbers a text, and is busy for a while for each of them.
ESS = """
import array, json, pathlib, struct, sys, time
flags = dict(zip(sys.argv[2::2], sys.argv[3::2]))
texts = pathlib.Path(flags["--beir"], "corpus.jsonl").read_text().splitlines()
while time.process_time() < 0.05 * len(texts):
    pass
wrong = {"f32": 0.0, "bf16": 0.001, "int8": 1.0}[flags["--precision"]]
numbers = array.array("f", [number for at in range(len(texts)) for number in (1.0 + at, wrong * at)])
if sys.byteorder == "big":
    numbers.byteswap()
header = {"dtype": "F32", "shape": [len(texts), 2], "data_offsets": [0, 4 * len(numbers)]}
head = json.dumps({"embeddings": header}).encode()
out = pathlib.Path(flags["--out"])
out.mkdir(parents=True)
(out / "corpus.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + numbers.tobytes())
"""

# Answers as benches/peers/encode.py does; a batch of 4 is the fastest.
PEER = """
import json, pathlib, struct, sys
flags = dict(zip(sys.argv[1::2], sys.argv[2::2]))
texts = json.loads(pathlib.Path(flags["--texts"]).read_text())
print(json.dumps({"name": "made-up 1", "tokens": [10] * len(texts)}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if asked["save"]:
        vectors = [struct.pack("<2f", 1.0, WRONG * at) for at in range(len(texts))]
        pathlib.Path(asked["save"]).write_bytes(b"".join(vectors))
    print(json.dumps({"seconds": {1: 0.8, 4: 0.4, 16: 1.6}[asked["batch"]]}), flush=True)
"""


def program(path, source):
    path.write_text(f"#!{sys.executable}\n{textwrap.dedent(source)}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


class EncodeQuestionTest(unittest.TestCase):
    def asked(self, wrong, rounds=1):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "beir").mkdir()
            items = [{"_id": str(at), "title": "A" if at else "", "text": f"text {at}"} for at in range(9)]
            (folder / "beir" / "corpus.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
            ess = program(folder / "ess", ESS)
            peer = program(folder / "peer", PEER.replace("WRONG", str(wrong)))
            options = argparse.Namespace(
                ess=ess, candle=peer, beir=folder / "beir", texts=4, max_tokens=16, batches=[1, 4, 16], model=folder,
                python=program(folder / "python", """print('{"missing": "its library is not installed"}')"""),
            )
            (folder / "work").mkdir()
            with EncodeQuestion().opened(options, folder / "work") as one_round:
                return [one_round() for _ in range(rounds)]

    def test_a_peer_that_agrees_is_compared_with_its_fastest_batch(self):
        (first, notes), (second, _) = self.asked(wrong=0.0, rounds=2)
        self.assertEqual([figure["who"] for figure in first + second], ["ESS", "made-up 1, batch 4"] * 2)
        self.assertEqual(first[1]["seconds"], 0.4 / 40)
        # Three texts beyond the first cost something.
        self.assertGreater(first[0]["seconds"], 0.0)
        self.assertIn("sentence-transformers is left out: its library is not installed", notes)
        self.assertIn("made-up 1: tokens per CPU-second by batch, once each: 1: 50, 4: 100, 16: 25", notes)

    def test_a_peer_that_does_not_start_is_named(self):
        [(figures, notes)] = self.asked(wrong="no number +")
        self.assertEqual(figures, [])
        self.assertIn("candle is left out: its program ended with exit status 1", notes)

    def test_vectors_that_differ_are_refused(self):
        [(figures, notes)] = self.asked(wrong=0.1)
        self.assertEqual(figures, [])
        [refused] = [note for note in notes if "made-up" in note]
        self.assertIn("at least 0.999 was asked, so that it is not compared", refused)
        # ESS itself too, where int8 is far from f32.
        self.assertTrue(any(note.startswith("ESS, int8") and "not compared" in note for note in notes), notes)
        self.assertTrue(any(note.startswith("ESS, bf16") and "not compared" not in note for note in notes), notes)

    def test_a_page_names_the_processor_in_the_table_and_has_the_spread(self):
        def of(ours, peer):
            ours, peer = [{"case": "f32", "who": who, "seconds": time, "recall": None} for who, time in (("ESS", ours), peer)]
            return {"commit": "abc", "date": "today", "asked": "4 texts", "figures": [ours, peer], "notes": ["a note"]}

        rounds = [of(0.001, ("peer", 0.002)), of(0.001, ("peer", 0.003)), of(0.002, ("peer", 0.002))]
        text = "\n".join(section(EncodeQuestion(), rounds, "A processor"))
        self.assertIn("| A processor | ESS, tokens per CPU-second | peer, tokens per CPU-second | which | peer / ESS |", text)
        self.assertIn("| f32 | 1000 | 500 | peer | 2.00 (1.00 to 3.00) |", text)
        self.assertIn("4 texts.", text)
        self.assertEqual(text.count("- a note"), 1)


if __name__ == "__main__":
    unittest.main()
