"""Times pandas and pytrec_eval on the run of benches/readers.rs, 10 million lines.

    python3 -m venv VENV && VENV/bin/pip install pandas==3.1.1 pytrec-eval-terrier==0.5.11
    ESS_RUN_FILE=big.run cargo bench -p ess-benches --bench readers
    VENV/bin/python readers.py big.run

Prints CPU-seconds of the best of some repeats. pandas gives columns: no item is found by id in them, and none that stands twice
is refused. Its ids are numbers where it is not told otherwise, and then it has less to do; those times are printed, and no figures.
"""

import argparse
import time

import pandas
import pytrec_eval
from figures import figure

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("run")
parser.add_argument("--repeats", type=int, default=3)
arguments = parser.parse_args()
NAMES = ["query", "q0", "item", "rank", "score", "tag"]
ids = {"query": str, "item": str}


def csv(**settings):
    return pandas.read_csv(arguments.run, sep=" ", header=None, names=NAMES, **settings)


def parse_run():
    with open(arguments.run) as file:
        return pytrec_eval.parse_run(file)


for name, work in {
    "pandas, all columns": lambda: csv(),
    "pandas, three columns": lambda: csv(usecols=[0, 2, 4]),
    "pandas, three columns, ids as texts": lambda: csv(usecols=[0, 2, 4], dtype=ids),
    "pytrec_eval.parse_run": parse_run,
}.items():
    best = float("inf")
    for _ in range(arguments.repeats):
        start = time.process_time()
        table = work()
        best = min(best, time.process_time() - start)
        del table
    print(f"{name}: {best:.2f} CPU-seconds", flush=True)
    if "ids as texts" in name or "parse_run" in name:
        figure("ids as texts", name, best)
