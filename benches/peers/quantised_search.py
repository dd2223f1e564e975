"""Times faiss and hnswlib on the vectors of benches/quantised_search.rs, k 10, one thread.

    python3 -m venv VENV && VENV/bin/pip install faiss-cpu==1.15.1 numpy==2.4.6 hnswlib==0.8.0
    cargo bench -p ess-benches --bench quantised_search -- --export FOLDER
    VENV/bin/python quantised_search.py FOLDER

For every index and recall the fastest setting that reaches the recall on the first half of the queries; recall
and queries per CPU-second (best of the passes, all in a batch) on the second half.
"""

import argparse
import os
import pathlib
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--recall", type=float, nargs="+", default=[0.9, 0.95, 0.99])
parser.add_argument("--passes", type=int, default=5)
parser.add_argument("--training-items", type=int, default=200_000)
parser.add_argument(
    "--probes", type=int, nargs="+", default=[1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256]
)
parser.add_argument(
    "--indexes",
    nargs="+",
    default=[
        "PQ96x4fs,Refine(Flat)",
        "IVF256,PQ96x4fs,Refine(Flat)",
        "PCAR128,PQ64x4fs,Refine(Flat)",
        "PCAR128,IVF256,PQ64x4fs,Refine(Flat)",
        "RaBitQfs,Refine(Flat)",
        "hnswlib",
    ],
)
arguments = parser.parse_args()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import faiss  # noqa: E402
import numpy  # noqa: E402
from figures import figure  # noqa: E402

K = 10
FACTORS = (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 60, 80)
faiss.omp_set_num_threads(1)
items = numpy.load(arguments.folder / "items.npy")
queries = numpy.load(arguments.folder / "queries.npy")
half = len(queries) // 2
tuning, measured = queries[:half], queries[half:]
exact = faiss.IndexFlatIP(items.shape[1])
exact.add(items)
truth = {id(part): exact.search(part, K)[1] for part in (tuning, measured)}
del exact


def recall(found, part):
    return numpy.mean([len(set(a) & set(b)) for a, b in zip(found, truth[id(part)])]) / K


def seconds(work, passes):
    taken = []
    for _ in range(passes):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def faiss_settings(index, name):
    """The settings of each number of probes, from the fastest on."""
    for probes in arguments.probes if "IVF" in name else [1]:
        if "Refine" not in name:
            yield [(f"probes {probes}", faiss.SearchParametersIVF(nprobe=probes))]
            continue
        yield [
            (f"probes {probes}, k_factor {factor}", refine_parameters(name, probes, factor)) for factor in FACTORS
        ]


def refine_parameters(name, probes, factor):
    parameters = faiss.IndexRefineSearchParameters(k_factor=factor)
    if "IVF" in name:
        inverted = faiss.SearchParametersIVF(nprobe=probes)
        if name.startswith(("PCA", "OPQ")):
            inverted = faiss.SearchParametersPreTransform(index_params=inverted)
        parameters = faiss.IndexRefineSearchParameters(k_factor=factor, base_index_params=inverted)
        parameters.kept = inverted
    return parameters


def best_setting(groups, search, target):
    """The fastest setting that reaches the target: of each group the first that does."""
    best = None
    for group in groups:
        for label, setting in group:
            if recall(search(tuning, setting), tuning) >= target:
                taken = seconds(lambda: search(tuning, setting), 2)
                if best is None or taken < best[0]:
                    best = (taken, label, setting)
                break
    return best


def report(name, groups, search):
    for target in arguments.recall:
        best = best_setting(groups(), search, target)
        if best is None:
            print(f"  recall {target} is not reached", flush=True)
            continue
        _, label, setting = best
        reached = recall(search(measured, setting), measured)
        rate = len(measured) / seconds(lambda: search(measured, setting), arguments.passes)
        print(f"  recall {reached:.4f}: {rate:.0f} queries per CPU-second in a batch ({label})", flush=True)
        case = "256 lists" if "IVF256" in name or name == "hnswlib" else "1 lists"
        figure(case, name, 1 / rate, float(reached))


for name in arguments.indexes:
    start = time.process_time()
    if name == "hnswlib":
        import hnswlib

        graph = hnswlib.Index("ip", items.shape[1])
        graph.init_index(len(items), M=16, ef_construction=200)
        graph.set_num_threads(1)
        graph.add_items(items)

        def search(part, ef):
            graph.set_ef(ef)
            return graph.knn_query(part, K, num_threads=1)[0]

        def groups():
            return [[(f"ef {ef}", ef) for ef in (10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800)]]
    else:
        try:
            index = faiss.index_factory(items.shape[1], name, faiss.METRIC_INNER_PRODUCT)
        except RuntimeError as error:
            print(f"{name}: {str(error).splitlines()[0]}")
            continue
        index.train(items[:: max(1, len(items) // arguments.training_items)])
        index.add(items)

        def search(part, parameters):
            return index.search(part, K, params=parameters)[1]

        def groups():
            return faiss_settings(index, name)

    print(f"{name}: built in {time.process_time() - start:.1f} CPU-s", flush=True)
    report(name, groups, search)
