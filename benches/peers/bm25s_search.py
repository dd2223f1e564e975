"""Times bm25s on the texts of benches/lexical_search.rs: SciFact's abstracts and their sentences, 10 hits a claim, one thread.

    python3 -m venv VENV && VENV/bin/pip install bm25s==0.3.16 numba==0.68.1 PyStemmer==3.1.0
    cargo bench -p ess-benches --bench lexical_search
    VENV/bin/python bm25s_search.py

Prints CPU-seconds of the best of some repeats, for each backend of bm25s. Counted for the index: cutting into words, stemming
and indexing; for searching: the same of the claims, and sorted hits.
"""

import argparse
import os
import time

for variable in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import bm25s  # noqa: E402
import Stemmer  # noqa: E402
from figures import figure  # noqa: E402
from scifact_texts import abstracts, claims, sentences  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--repeats", type=int, default=5)
arguments = parser.parse_args()
stemmer = Stemmer.Stemmer("english")
queries = claims()


def best(work):
    seconds = []
    for _ in range(arguments.repeats):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
    return result, min(seconds)


def tokens(texts, **settings):
    return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False, **settings)


def index(texts, backend):
    retriever = bm25s.BM25(method="lucene", k1=1.2, b=0.75, backend=backend)
    retriever.index(tokens(texts), show_progress=False)
    return retriever


def search(retriever, threads):
    found = tokens(queries, return_ids=False)
    return retriever.retrieve(found, k=10, show_progress=False, n_threads=threads)


for name, texts in {"abstracts": abstracts(), "sentences": sentences(abstracts())}.items():
    for backend, threads in {"numpy": 0, "numba": 1}.items():
        retriever, seconds = best(lambda: index(texts, backend))
        print(f"{len(texts)} {name}, {backend}: index {1000 * seconds:.0f} ms", flush=True)
        figure(f"{name}, index", f"bm25s {backend}", seconds)
        # The first call compiles.
        search(retriever, threads)
        _, seconds = best(lambda: search(retriever, threads))
        print(f"{len(texts)} {name}, {backend}: search {1e6 * seconds / len(queries):.1f} µs a query", flush=True)
        figure(f"{name}, query", f"bm25s {backend}", seconds / len(queries))
