"""Times hnswlib, faiss and usearch on the vectors of benches/graph_search.rs: 30 000 x 384, k 10, one thread; or on those
that the bench exported into a folder, of which the second half of the queries counts.

    python3 -m venv VENV && VENV/bin/pip install faiss-cpu==1.15.1 hnswlib==0.8.0 usearch==2.26.6 numpy==2.4.6
    VENV/bin/python graph_search.py

For each library and effort: recall@10 against exact search, and queries per CPU-second of 1000 queries in one call (the best
of the repeats); before it the CPU time of building. Graphs have 32 neighbours at the lowest level, as that of ESS, and 200
candidates while they are built. An item that ties with the tenth best counts as found.
"""

import argparse
import os
import time

from graph_efforts import EFFORTS

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--items", type=int, default=30_000)
parser.add_argument("--repeats", type=int, default=5)
parser.add_argument("--efforts", type=int, nargs="+", default=EFFORTS)
parser.add_argument("--folder", help="where the bench wrote items.npy and queries.npy")
parser.add_argument("--peers", nargs="+", default=["hnswlib", "faiss", "faiss-sq8", "usearch-f32", "usearch-f16"])
arguments = parser.parse_args()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import faiss  # noqa: E402
import hnswlib  # noqa: E402
import numpy  # noqa: E402
from exact_answer import ExactAnswer  # noqa: E402
from figures import figure  # noqa: E402

if any(peer.startswith("usearch") for peer in arguments.peers):
    from usearch.index import Index

DIM, K, LATENT, HIDDEN, NOISE, CHUNK = 384, 10, 24, 256, numpy.float32(0.3), 4096


class Normal:
    """Sums of four uniform numbers of SplitMix64, as in benches/src/generated.rs."""

    def __init__(self, seed):
        self.state = numpy.uint64(seed << 32)

    def draw(self, count):
        steps = numpy.arange(1, 4 * count + 1, dtype=numpy.uint64)
        z = self.state + steps * numpy.uint64(0x9E3779B97F4A7C15)
        self.state = z[-1]
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z ^= z >> numpy.uint64(31)
        uniform = ((z >> numpy.uint64(40)).astype(numpy.float32) / (1 << 24) - numpy.float32(0.5)).reshape(count, 4)
        return numpy.float32(3**0.5) * uniform.sum(axis=1, dtype=numpy.float32)


def low_intrinsic(n, seed):
    network = Normal(7)
    inner = network.draw(LATENT * HIDDEN).reshape(LATENT, HIDDEN)
    bias = network.draw(HIDDEN) * numpy.float32(0.5) * numpy.float32(LATENT**0.5)
    outer = network.draw(HIDDEN * DIM).reshape(HIDDEN, DIM)
    draw = Normal(1000 + seed)
    chunks = []
    for start in range(0, n, CHUNK):
        rows = min(CHUNK, n - start)
        latent = draw.draw(rows * LATENT).reshape(rows, LATENT)
        vectors = numpy.maximum(latent @ inner + bias, 0) @ outer
        vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
        vectors += NOISE / numpy.float32(DIM**0.5) * draw.draw(rows * DIM).reshape(rows, DIM)
        chunks.append(vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True))
    return numpy.concatenate(chunks).astype(numpy.float32)


def cpu_seconds(work):
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def measure(name, set_effort, search):
    for effort in arguments.efforts:
        set_effort(effort)
        runs = [cpu_seconds(search) for _ in range(arguments.repeats)]
        recall = exact.recall(runs[0][1])
        rate = len(queries) / min(seconds for seconds, _ in runs)
        print(f"{name:14} effort {effort:4} recall {recall:.4f} {rate:7.0f} queries per CPU-second", flush=True)
        figure("graph", name, 1 / rate, recall)
        if recall > 0.996:
            break


faiss.omp_set_num_threads(1)
if arguments.folder:
    items, queries = (numpy.load(f"{arguments.folder}/{name}.npy") for name in ("items", "queries"))
    queries = queries[len(queries) // 2 :]
else:
    items, queries = low_intrinsic(arguments.items, 1), low_intrinsic(1000, 2)
dim = items.shape[1]
exact = ExactAnswer(items, queries, K)

if "hnswlib" in arguments.peers:
    graph = hnswlib.Index("ip", dim)
    graph.init_index(len(items), M=16, ef_construction=200, random_seed=1)
    graph.set_num_threads(1)
    print(f"hnswlib built in {cpu_seconds(lambda: graph.add_items(items))[0]:.1f} CPU-s")
    measure("hnswlib", graph.set_ef, lambda: graph.knn_query(queries, K)[0])


def measure_faiss(name, index, hnsw):
    hnsw.efConstruction = 200
    index.train(items)
    print(f"{name} built in {cpu_seconds(lambda: index.add(items))[0]:.1f} CPU-s")
    measure(name, lambda effort: setattr(hnsw, "efSearch", effort), lambda: index.search(queries, K)[1])


if "faiss" in arguments.peers:
    index = faiss.IndexHNSWFlat(dim, 16, faiss.METRIC_INNER_PRODUCT)
    measure_faiss("faiss HNSW", index, index.hnsw)
if "faiss-sq8" in arguments.peers:
    index = faiss.index_factory(dim, "HNSW16_SQ8,Refine(Flat)", faiss.METRIC_INNER_PRODUCT)
    index.k_factor = 2
    measure_faiss("faiss SQ8", index, faiss.downcast_index(index.base_index).hnsw)

for dtype in ("f32", "f16"):
    if f"usearch-{dtype}" not in arguments.peers:
        continue
    index = Index(ndim=dim, metric="ip", dtype=dtype, connectivity=16, expansion_add=200)
    taken = cpu_seconds(lambda: index.add(numpy.arange(len(items)), items, threads=1))[0]
    print(f"usearch {dtype} built in {taken:.1f} CPU-s")
    measure(
        f"usearch {dtype}",
        lambda effort: setattr(index, "expansion_search", effort),
        lambda: index.search(queries, K, threads=1).keys,
    )
