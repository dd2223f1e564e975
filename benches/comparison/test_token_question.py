"""`ess`, `cargo` and a peer that are made up: token vectors are encoded once, and bench and peer read the same."""

import argparse
import array
import contextlib
import json
import os
import pathlib
import struct
import sys
import tempfile
import unittest
from unittest import mock

from peers.scifact_texts import abstracts, claims
from peers.token_store import read_tensor

from .beir_sample import read_records
from .bench_questions import ABSTRACTS
from .colbert_folder import DIM, random_weights, write_colbert
from .page import section
from .test_sentence_question import program
from .token_questions import QUERIES, TOKEN_QUESTIONS

# Keeps the texts that it was given, and what the model's folder has.
ESS = """
import pathlib, sys
flags = dict(zip(sys.argv[2::2], sys.argv[3::2]))
model, out = pathlib.Path(flags["--model"]), pathlib.Path(flags["--out"])
with open(pathlib.Path(__file__).with_name("encoded.txt"), "a") as log:
    log.write(" ".join([sys.argv[1], flags["--dtype"], *sorted(file.name for file in model.iterdir())]) + "\\n")
out.mkdir(parents=True)
for name in ("corpus", "queries"):
    texts = pathlib.Path(flags["--beir"], f"{name}.jsonl").read_bytes()
    (out / f"{name}.safetensors").write_bytes(texts)
"""

CARGO = """
import json, os, pathlib, sys
flags = dict(zip(sys.argv[7::2], sys.argv[8::2]))
items = len(pathlib.Path(flags["--embeddings"], "corpus.safetensors").read_text().splitlines())
with open(os.environ["ESS_FIGURES"], "a") as figures:
    if sys.argv[5] == "max_sim":
        cases = [("100 items, query", 1.0, 2e-3)]
    else:
        pathlib.Path(flags["--export"], "exact.npy").write_text(str(items))
        cases = [(f"{bits} bits", float(recall) - 0.004, 3e-3) for bits in [flags["--bits"]] for recall in flags["--recall"].split(",")]
    for case, recall, seconds in cases:
        figures.write(json.dumps({"case": case, "who": "ESS", "seconds": seconds, "recall": recall}) + "\\n")
"""

# Has no pylate if a file says so; reads what the bench exported.
PEER = """
import json, os, pathlib, sys
if sys.argv[1] == "-c":
    print(pathlib.Path(__file__).with_name("lacks.txt").read_text())
    raise SystemExit
script, embeddings, *rest = sys.argv[1:]
items = len(pathlib.Path(embeddings, "corpus.safetensors").read_text().splitlines())
cases = [("100 items, query", None)]
if script == "benches/peers/token_search.py":
    assert pathlib.Path(rest[0]).read_text() == str(items)
    cases = [(f"{bits} bits", recall) for bits in [rest[rest.index("--bits") + 1]] for recall in (0.9, 0.96)]
with open(os.environ["ESS_FIGURES"], "a") as figures:
    for case, recall in cases:
        line = {"case": case, "who": f"a peer of {items}", "seconds": 6e-3, "recall": recall}
        figures.write(json.dumps(line) + "\\n")
"""


def safetensors(path, tensors):
    header, data = {"__metadata__": {"prompt_tokens": "0"}}, b""
    for name, (kind, shape, content) in tensors.items():
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    said = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(said)) + said + data)


@contextlib.contextmanager
def made_up(lacks=""):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "config.json").write_text('{"num_hidden_layers": 6, "hidden_size": 4}')
        (folder / "tokenizer.json").write_text("{}")
        safetensors(folder / "model.safetensors", {"pooler": ("F32", [2], struct.pack("<2f", 1, 2))})
        for name in ("shared", "path"):
            (folder / name).mkdir()
        (folder / "lacks.txt").write_text(lacks)
        program(folder / "path" / "cargo", CARGO)
        path = f"{folder / 'path'}{os.pathsep}{os.environ['PATH']}"
        with mock.patch.dict(os.environ, PATH=path):
            yield argparse.Namespace(
                ess=program(folder / "ess", ESS),
                python=sys.executable,
                pylate_python=program(folder / "python", PEER),
                model=folder,
                shared=folder / "shared",
                token_items=ABSTRACTS,
            )


def round_of(key, options):
    question = TOKEN_QUESTIONS[key]
    with tempfile.TemporaryDirectory() as folder, question.opened(options, pathlib.Path(folder)) as one_round:
        figures, notes = one_round()
    return {"commit": "abc", "date": "today", "asked": question.asked(options), "figures": figures, "notes": notes}


class TokenQuestionTest(unittest.TestCase):
    def test_texts_are_encoded_once_by_a_folder_of_colbert(self):
        with made_up() as options:
            for key in TOKEN_QUESTIONS:
                round_of(key, options)
            files = "artifact.metadata config.json model.safetensors tokenizer.json"
            self.assertEqual((options.model / "encoded.txt").read_text(), f"encode f32 {files}\n")
            beir = options.shared / "tokens" / "beir"
            items, queries = (read_records(beir, name) for name in ("corpus.jsonl", "queries.jsonl"))
        self.assertEqual([item["text"] for item in items], abstracts())
        self.assertEqual([query["text"] for query in queries], claims())
        self.assertLess(QUERIES, len(queries))

    def test_pages_have_a_row_for_each_case(self):
        with made_up() as options:
            pages = {key: "\n".join(section(TOKEN_QUESTIONS[key], [round_of(key, options)], "A processor")) for key in TOKEN_QUESTIONS}
        self.assertIn("| 100 items, query | 2 ms | 6 ms | a peer of 5183 | 3.00 |", pages["max-sim"])
        self.assertIn("200 of its claims as queries, 128 numbers a token by a random projection", pages["max-sim"])
        for recall in ("0.9", "0.95"):
            self.assertIn(f"| 4 bits, recall {recall} | 3 ms | 6 ms | a peer of 5183 | 2.00 |", pages["token-search"])

    def test_without_a_model_or_a_peer_there_is_a_reason(self):
        with made_up("pylate") as options:
            for question in TOKEN_QUESTIONS.values():
                self.assertIn("lacks pylate", question.why_not(options))
        with made_up() as options:
            for question in TOKEN_QUESTIONS.values():
                self.assertIsNone(question.why_not(options))
                self.assertIn("neither --model", question.why_not(argparse.Namespace(model=None)))


class ColbertFolderTest(unittest.TestCase):
    def test_the_weights_are_kept_and_a_projection_is_added(self):
        with made_up() as options:
            write_colbert(options.model, options.shared / "colbert")
            data = (options.shared / "colbert" / "model.safetensors").read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        header, tensors = json.loads(data[8 : 8 + length]), data[8 + length :]
        self.assertEqual(length % 8, 0)
        self.assertEqual(header["bert.pooler"]["data_offsets"], [0, 8])
        self.assertEqual(tensors[:8], struct.pack("<2f", 1, 2))
        self.assertEqual((header["linear.weight"]["shape"], header["linear.weight"]["data_offsets"]), ([DIM, 4], [8, len(tensors)]))

    def test_the_projection_keeps_norms_nearly(self):
        weights = array.array("f", random_weights(DIM, 300))
        if sys.byteorder == "big":
            weights.byteswap()
        self.assertEqual(len(weights), DIM * 300)
        self.assertAlmostEqual(sum(weight**2 for weight in weights) / 300, 1.0, delta=0.05)
        self.assertEqual(random_weights(2, 3), random_weights(2, 3))


class TokenStoreTest(unittest.TestCase):
    def test_a_tensor_has_its_type_its_shape_and_its_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "corpus.safetensors")
            states, ends = struct.pack("<10e", *range(10)), struct.pack("<3Q", 2, 2, 5)
            safetensors(path, {"token_states": ("F16", [5, 2], states), "token_ends": ("U64", [3], ends)})
            self.assertEqual(read_tensor(path, "token_states"), ("<f2", [5, 2], states))
            self.assertEqual(read_tensor(path, "token_ends"), ("<u8", [3], ends))


if __name__ == "__main__":
    unittest.main()
