"""Times faiss and numpy on the vectors of benches/flat_search.rs: exact search, 100 000 x 384, k 10, one thread.

    python3 -m venv VENV && VENV/bin/pip install faiss-cpu==1.15.1 numpy==2.4.6
    VENV/bin/python flat_search.py

Prints queries per CPU-second (median and best of the repeats) for each batch, then what the machine
can do at most: reading memory (BLAS dot product) and multiplying matrices (SGEMM). Counted: from queries in memory to
the top 10, for numpy unsorted. Not counted: generating vectors and building indexes. numpy's OpenBLAS picks its
kernels by itself; set OPENBLAS_CORETYPE=SKYLAKEX to see another choice.
"""

import argparse
import os
import statistics
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--repeats", type=int, default=9)
parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 64, 1000])
arguments = parser.parse_args()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import faiss  # noqa: E402
import numpy  # noqa: E402
from figures import figure  # noqa: E402

ITEMS, DIM, K = 100_000, 384, 10


def uniform(n, seed):
    """SplitMix64 from the state seed * 2**32, 24 bits, in -0.5..0.5: as in benches/src/generated.rs."""
    z = numpy.uint64(seed << 32) + numpy.arange(1, n * DIM + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    z ^= z >> numpy.uint64(31)
    return ((z >> numpy.uint64(40)).astype(numpy.float32) / (1 << 24) - 0.5).reshape(n, DIM)


def seconds(work):
    work()
    taken = []
    for _ in range(arguments.repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken), min(taken)


def numpy_search(queries):
    similarities = queries @ items.T
    return numpy.argpartition(similarities, ITEMS - K, axis=1)[:, -K:]


faiss.omp_set_num_threads(1)
items, all_queries = uniform(ITEMS, 1), uniform(max(arguments.batches), 2)
flat = faiss.IndexFlatIP(DIM)
half = faiss.IndexScalarQuantizer(DIM, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
for index in (flat, half):
    index.add(items)
print("top item of the first query:", flat.search(all_queries[:1], 1))
for batch in arguments.batches:
    queries = all_queries[:batch]
    peers = {
        "faiss IndexFlatIP": lambda: flat.search(queries, K),
        "faiss f16 IndexScalarQuantizer": lambda: half.search(queries, K),
        "numpy product and argpartition": lambda: numpy_search(queries),
        "numpy product alone": lambda: queries @ items.T,
    }
    for name, work in peers.items():
        median, best = seconds(work)
        print(f"batch {batch:4} {name:32} {batch / median:7.0f} queries per CPU-second, best {batch / best:7.0f}", flush=True)
        if name != "numpy product alone":
            storage = "f16" if "f16" in name else "f32"
            figure(f"{storage}, batch of {batch}, query", name, median / batch)

numbers = items.ravel()
median, best = seconds(lambda: numbers @ numbers)
print(f"reading memory: {numbers.nbytes / median * 1e-9:.1f} GB/s, best {numbers.nbytes / best * 1e-9:.1f}")
square = uniform(2048 * 2048 // DIM + 1, 3).ravel()[: 2048 * 2048].reshape(2048, 2048)
median, best = seconds(lambda: square @ square)
print(f"SGEMM 2048: {2 * 2048**3 / median * 1e-9:.1f} GFLOP/s, best {2 * 2048**3 / best * 1e-9:.1f}")
