"""Writes identical_ids.json: queries that are items too, as in ArguAna and Quora, and the figures with and without a query's own item.

    pip install numpy
    python make_identical_ids.py

The vectors, ids and judgements are those of a case made from three public reports (beir-cellar/beir pull request 91, lightonai/pylate issue
198, allenai/ir_datasets pull request 310) and stand in the file itself. nDCG@10 is computed here by its definition: of all items, as
trec_eval would have it, and of those whose id is not the query's, as BEIR does (`ignore_identical_ids`).
"""

import json
from pathlib import Path

import numpy

FILE = Path(__file__).with_name("identical_ids.json")


def ndcg(case, leaves_own):
    items = list(case["corpus"])
    matrix = numpy.array([case["corpus"][item] for item in items], numpy.float32)
    gains = []
    for query, relevant in case["judged"].items():
        scores = matrix @ numpy.array(case["queries"][query], numpy.float32)
        ranked = [items[at] for at in numpy.argsort(-scores, kind="stable")]
        ranked = [item for item in ranked if not (leaves_own and item == query)][:10]
        gains.append(1 / numpy.log2(ranked.index(relevant) + 2) if relevant in ranked else 0.0)
    return float(numpy.mean(gains))


case = json.loads(FILE.read_text())
case["ndcg"] = {"with own": ndcg(case, False), "without own": ndcg(case, True)}
FILE.write_text(json.dumps(case) + "\n")
