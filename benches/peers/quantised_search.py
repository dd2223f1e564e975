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
import re
import time

import cpu_seconds
from graph_efforts import EFFORTS

# Steps of a quarter at most, which are no longer than those of ESS.
PROBES = [1, 2, 3, 4, 5, 6, 7, 8] + [lists * step // 4 for lists in (8, 16, 32, 64, 128, 256, 512) for step in (5, 6, 7, 8)]
FACTORS = (1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80)

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--recall", type=float, nargs="+", default=[0.9, 0.95, 0.99])
parser.add_argument("--passes", type=int, default=5)
parser.add_argument("--training-items", type=int, default=200_000)
parser.add_argument("--lists", type=int, default=256, help="of the index of ESS that any peer with lists is compared with")
parser.add_argument("--probes", type=int, nargs="+", default=PROBES)
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
from exact_answer import ExactAnswer  # noqa: E402
from figures import figure  # noqa: E402

K = 10
faiss.omp_set_num_threads(1)
items = numpy.load(arguments.folder / "items.npy")
queries = numpy.load(arguments.folder / "queries.npy")
half = len(queries) // 2
tuning, measured = queries[:half], queries[half:]
exact = {id(part): ExactAnswer(items, part, K) for part in (tuning, measured)}


def recall(found, part):
    return exact[id(part)].recall(found)


def probes_of(name):
    lists = re.search(r"IVF(\d+)", name)
    return [probes for probes in arguments.probes if probes <= int(lists[1])] if lists else [1]


def faiss_settings(name):
    """The settings of each number of probes, from the fastest on."""
    for probes in probes_of(name):
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


def best_setting(groups, search, target, reached):
    """The fastest setting that reaches the target: of each group the first that does. What each reaches is kept by its label."""

    def reaches(label, setting):
        if label not in reached:
            reached[label] = recall(search(tuning, setting), tuning)
        return reached[label] >= target

    best = None
    for group in groups:
        # The last of a group finds most.
        if not reaches(*group[-1]):
            continue
        label, setting = next(one for one in group if reaches(*one))
        taken = cpu_seconds.least(lambda: search(tuning, setting), 2)
        if best is None or taken < best[0]:
            best = (taken, label, setting)
    return best


def report(name, groups, search):
    reached_by = {}
    for target in arguments.recall:
        best = best_setting(groups(), search, target, reached_by)
        if best is None:
            print(f"  recall {target} is not reached", flush=True)
            continue
        _, label, setting = best
        reached = recall(search(measured, setting), measured)
        rate = len(measured) / cpu_seconds.least(lambda: search(measured, setting), arguments.passes)
        print(f"  recall {reached:.4f}: {rate:.0f} queries per CPU-second in a batch ({label})", flush=True)
        case = f"{arguments.lists} lists" if "IVF" in name or name == "hnswlib" else "1 lists"
        figure(case, name, 1 / rate, reached)


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
            return [[(f"ef {ef}", ef) for ef in EFFORTS]]
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
            return faiss_settings(name)

    print(f"{name}: built in {time.process_time() - start:.1f} CPU-s", flush=True)
    report(name, groups, search)
