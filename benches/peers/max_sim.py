"""MaxSim of a query with 100 items by PyLate, the peer of benches/max_sim.rs: the same vectors and items, on one thread, in
CPU time.

    pip install -r benches/peers/requirements_pylate.txt
    VENV/bin/python benches/peers/max_sim.py FOLDER

Measured are `rank.rerank`, which pads the items of each query, and `colbert_scores` over a corpus that was padded before. Both
have their vectors in f32. What bfloat16 takes, whose 8 bits are too few to order items by, is printed beside them.
"""

import argparse
import os
import pathlib
import time

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[variable] = "1"

import torch  # noqa: E402
from figures import figure  # noqa: E402
from pylate import __version__, rank, scores  # noqa: E402
from token_store import token_states  # noqa: E402

torch.set_num_threads(1)
CASE, COMPARED, STEP = "100 items, query", 100, 51

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--queries", type=int, default=200)
parser.add_argument("--passes", type=int, default=5)
arguments = parser.parse_args()

items = [torch.from_numpy(states) for states in token_states(arguments.folder / "corpus.safetensors")]
queries = [torch.from_numpy(states) for states in token_states(arguments.folder / "queries.safetensors")[: arguments.queries]]
compared = [[(query + STEP * j) % len(items) for j in range(COMPARED)] for query in range(len(queries))]


def report(name, of_query, case=CASE):
    """The CPU time of a query, the best of the passes."""
    taken = []
    for _ in range(arguments.passes):
        start = time.process_time()
        for query, rows in zip(queries, compared):
            of_query(query, rows)
        taken.append((time.process_time() - start) / len(queries))
    print(f"{name}: {min(taken) * 1e3:.3f} ms a query", flush=True)
    if case:
        figure(case, name, min(taken))


def reranked(query, rows):
    return rank.rerank([rows], [query], [[items[row] for row in rows]])


def scored(padded, convert):
    """By gathering items, which is counted; in order, as `rank.rerank` gives them."""

    def of_query(query, rows):
        found = scores.colbert_scores(convert(query)[None], padded[rows])[0]
        return torch.sort(found, descending=True)

    return of_query


with torch.inference_mode():
    report(f"PyLate {__version__}, rerank", reranked)
    padded = torch.nn.utils.rnn.pad_sequence(items, batch_first=True)
    report(f"PyLate {__version__}, colbert_scores", scored(padded, lambda query: query))
    report("bfloat16, colbert_scores", scored(padded.bfloat16(), torch.Tensor.bfloat16), None)
