"""PLAID by fast-plaid, which PyLate's index is made of: the peer of benches/token_search.rs, on one thread, in CPU time.

    pip install -r benches/peers/requirements_pylate.txt
    cargo bench -p ess-benches --bench token_search -- --embeddings FOLDER --export FOLDER
    VENV/bin/python benches/peers/token_search.py FOLDER FOLDER/exact.npy

The index has fast-plaid's own number of centroids. As for ESS, for each number of bits and each recall the fastest settings
that reach it on the first half of the queries are measured on the second: probes, and items that are scored in full. An index
that is in `--indexes` already is used again.
"""

import argparse
import os
import pathlib
import tempfile
import time
from importlib.metadata import version

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[variable] = "1"

import cpu_seconds  # noqa: E402
import numpy  # noqa: E402
import torch  # noqa: E402
from fast_plaid.search import FastPlaid  # noqa: E402
from figures import figure  # noqa: E402
from token_store import token_states  # noqa: E402

torch.set_num_threads(1)
K = 10
PROBES = [1, 2, 3, 4, 6, 8, 16]
# The index compares a quarter of them by all vectors.
FULL = [40, 48, 64, 80, 96, 128, 160, 192, 256, 320, 384, 512, 768, 1024, 2048, 4096]

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("exact", type=pathlib.Path, help="exact.npy, of the bench")
parser.add_argument("--bits", type=int, nargs="+", default=[4, 2])
parser.add_argument("--recall", type=float, nargs="+", default=[0.9, 0.95])
parser.add_argument("--passes", type=int, default=5)
parser.add_argument("--indexes", type=pathlib.Path, help="where indexes are kept; nowhere when left out")
arguments = parser.parse_args()


def opened(bits, folder):
    """An index on the disk, and made there if it is not."""
    place = folder / f"{bits} bits"
    is_there = (place / "metadata.json").exists()
    index = FastPlaid(index=str(place), device="cpu", low_memory=False)
    start = time.process_time()
    if not is_there:
        items = [torch.from_numpy(states) for states in token_states(arguments.folder / "corpus.safetensors")]
        index.create(documents_embeddings=items, nbits=bits)
        print(f"{bits} bits: built in {time.process_time() - start:.1f} CPU-s", flush=True)
    return index


def recall(found, exact):
    shared = (len({item for item, _ in hits} & set(best.tolist())) for hits, best in zip(found, exact))
    return sum(shared) / exact.size


def first_that_reaches(settings, reaches):
    """Of settings that find more and more, the first that finds enough, by halving."""
    low, high = 0, len(settings)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(settings[middle]) else (middle + 1, high)
    return settings[low] if low < len(settings) else None


def fastest(search, tuning, exact, target, known):
    """The fastest settings that reach the recall: for each number of probes the fewest items that do."""

    def reaches(setting):
        if setting not in known:
            known[setting] = recall(search(tuning, setting), exact)
        return known[setting] >= target

    chosen = [first_that_reaches([(probes, full) for full in FULL], reaches) for probes in PROBES]
    timed = [(cpu_seconds.least(lambda: search(tuning, setting), 2), setting) for setting in chosen if setting]
    return min(timed)[1] if timed else None


def main(folder):
    queries = torch.from_numpy(numpy.stack(token_states(arguments.folder / "queries.safetensors")))
    exact = numpy.load(arguments.exact).astype(int)
    half = len(exact) // 2
    tuning, measured = queries[:half], queries[half : len(exact)]
    name = f"fast-plaid {version('fast-plaid')}"
    for bits in arguments.bits:
        index, known = opened(bits, folder), {}

        def search(part, setting):
            probes, full = setting
            return index.search(
                part, top_k=K, n_ivf_probe=probes, n_full_scores=full, show_progress=False, n_processes=1
            )

        for target in arguments.recall:
            setting = fastest(search, tuning, exact[:half], target, known)
            if setting is None:
                print(f"{bits} bits: recall {target} is not reached, at most {max(known.values()):.4f}", flush=True)
                continue
            reached = recall(search(measured, setting), exact[half:])
            taken = cpu_seconds.least(lambda: search(measured, setting), arguments.passes) / len(measured)
            probes, full = setting
            print(f"{bits} bits, recall {reached:.4f}: {taken * 1e3:.3f} ms a query ({probes} probes, {full} in full)", flush=True)
            figure(f"{bits} bits", name, taken, reached)


if arguments.indexes:
    main(arguments.indexes)
else:
    with tempfile.TemporaryDirectory() as made:
        main(pathlib.Path(made))
