"""Times pytrec_eval on the shape of benches/measures.rs: four measures, 10 000 queries x 1000 hits, dicts in memory.

    python3 -m venv VENV && VENV/bin/pip install pytrec-eval-terrier==0.5.11
    VENV/bin/python pytrec_eval_measures.py

Prints CPU-seconds of the best of some repeats. Counted: RelevanceEvaluator.evaluate on a run of dicts, and the means. Not
counted: generating the dicts and making the evaluator from the qrels. trec_eval has no cutoff for the reciprocal rank,
so recip_rank stands for mrr@10.
"""

import argparse
import random
import time

import pytrec_eval
from figures import figure

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--repeats", type=int, default=3)
QUERIES, HITS, ITEMS, JUDGED = 10_000, 1000, 100_000, 20


def generate():
    rng = random.Random(0)
    qrels, run = {}, {}
    for number in range(QUERIES):
        start = rng.randrange(ITEMS)
        item = lambda place: f"item-{(start + place * 7919) % ITEMS}"
        run[f"query-{number}"] = {item(place): rng.random() for place in range(HITS)}
        first = HITS - rng.randrange(JUDGED)
        qrels[f"query-{number}"] = {item(place): rng.randrange(3) for place in range(first, first + JUDGED)}
    return qrels, run


arguments = parser.parse_args()
qrels, run = generate()
evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.100", "map", "recip_rank"})
best = float("inf")
for _ in range(arguments.repeats):
    start = time.process_time()
    values = evaluator.evaluate(run)
    means = {name: sum(row[name] for row in values.values()) / len(values) for name in next(iter(values.values()))}
    best = min(best, time.process_time() - start)
print(f"pytrec_eval: {best:.2f} CPU-seconds for {QUERIES} queries x {HITS} hits; {means}")
figure("all", "pytrec_eval", best)
