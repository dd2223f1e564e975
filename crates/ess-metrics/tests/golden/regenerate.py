"""Writes the golden inputs and outputs beside this script.

    python3 -m venv VENV && VENV/bin/pip install pytrec-eval-terrier==0.5.11 ir_measures==0.4.3
    VENV/bin/python regenerate.py

Where the values come from:
- every measure that trec_eval has: pytrec_eval (pytrec-eval-terrier, which compiles trec_eval's C sources);
- mrr@k: pytrec_eval's recip_rank, 0 where the first relevant item stands below k;
- success without a cutoff: whether pytrec_eval's num_rel_ret is above 0;
- judged@k: ir_measures' Judged, its own Python definition, on queries whose scores do not tie (it breaks ties by id
  ascending where trec_eval does so descending), otherwise the definition below;
- ndcg_exp: pytrec_eval's ndcg and ndcg_cut on qrels whose grades g > 0 are replaced by 2^g - 1;
- ndcg(1=3,2=9): the same on qrels whose grades 1 and 2 are replaced by these gains;
- measures with (rel=2): pytrec_eval with relevance_level=2.

pytrec_eval compiles trec_eval 9, whose iprec_at_recall and rbp are not those of version 10: these are compared with
trec_eval 10's own output in the tests of ess-data.

Queries without a relevant item and queries that the run lacks are not in the output.
"""

import json
import pathlib
import random
import struct

import ir_measures
import pytrec_eval

HERE = pathlib.Path(__file__).parent
CUTOFFS = [1, 3, 5, 10, 100]
# Measures that know relevant and not relevant alone, and trec_eval's name of each.
TREC_EVAL = {
    "recall": "set_recall",
    "recall@10": "recall_10",
    "map": "map",
    "map@10": "map_cut_10",
    "mrr": "recip_rank",
    "p": "set_P",
    "p@10": "P_10",
    "rprec": "Rprec",
    "bpref": "bpref",
    "infap": "infAP",
    "success@10": "success_10",
    "set_f": "set_F",
    "set_map": "set_map",
    "num_rel": "num_rel",
    "num_rel_ret": "num_rel_ret",
    "num_nonrel_judged_ret": "num_nonrel_judged_ret",
}


def make_case(seed, queries, items, grades, max_hits, score_levels):
    """Random qrels and a random run; few score levels make many ties."""
    rng = random.Random(seed)
    names = [f"d{i}" for i in range(items)] + ["é-first", "Z-upper", "d-10", "文書"]
    qrels, run = {}, {}
    for query in range(queries):
        name = f"q{query}"
        judged = rng.sample(names, rng.randint(1, 12))
        qrels[name] = {item: rng.choice(grades) for item in judged}
        if rng.random() < 0.15:
            continue  # the run lacks the query
        pool = judged[: len(judged) * 3 // 4] + names
        hits = {rng.choice(pool) for _ in range(rng.randint(1, max_hits))}
        run[name] = {item: rng.randrange(score_levels) / 8 - 2 for item in sorted(hits)}
    run["not-in-qrels"] = {"d1": 1.0}
    return qrels, run


def with_level(name):
    kind, at, k = name.partition("@")
    return f"{kind}(rel=2){at}{k}"


def as_float(score):
    """The score as trec_eval keeps it, in 32 bits."""
    return struct.unpack("f", struct.pack("f", score))[0]


def trec_order(hits):
    # sorted() is stable, so the second key goes first; UTF-8 bytes as strcmp compares them.
    by_id = sorted(hits, key=lambda item: item.encode(), reverse=True)
    return sorted(by_id, key=lambda item: as_float(hits[item]), reverse=True)


def judged_at(qrels, run, query, cutoff):
    ranking = trec_order(run[query])[:cutoff]
    value = sum(item in qrels[query] for item in ranking) / len(ranking)
    if len({as_float(score) for score in run[query].values()}) == len(run[query]):
        measure = ir_measures.Judged if cutoff is None else ir_measures.Judged @ cutoff
        (reference,) = ir_measures.iter_calc([measure], {query: qrels[query]}, {query: run[query]})
        assert abs(reference.value - value) < 1e-12
        judged_at.checked += 1
    return value


judged_at.checked = 0


def golden(qrels, run):
    cut = ",".join(map(str, CUTOFFS))
    wanted = {f"{name}.{cut}" for name in ["ndcg_cut", "recall", "map_cut", "P", "success"]}
    wanted |= {"ndcg", "map", "recip_rank", "Rprec", "set_P", "set_recall", "num_rel_ret", "num_rel"}
    wanted |= {"bpref", "infAP", "set_F", "set_map", "num_ret", "num_nonrel_judged_ret"}
    two = pytrec_eval.RelevanceEvaluator(qrels, wanted, relevance_level=2).evaluate(run)
    given = {q: {i: {1: 3, 2: 9}.get(g, g) for i, g in judged.items()} for q, judged in qrels.items()}
    given = pytrec_eval.RelevanceEvaluator(given, {"ndcg", f"ndcg_cut.{cut}"}).evaluate(run)
    trec = pytrec_eval.RelevanceEvaluator(qrels, wanted).evaluate(run)
    exponential = {q: {i: 2**g - 1 if g > 0 else g for i, g in judged.items()} for q, judged in qrels.items()}
    exp = pytrec_eval.RelevanceEvaluator(exponential, {"ndcg", f"ndcg_cut.{cut}"}).evaluate(run)

    output = {}
    for query, values in trec.items():
        if values["num_rel"] == 0:
            continue
        row = {
            "ndcg": values["ndcg"],
            "ndcg_exp": exp[query]["ndcg"],
            "recall": values["set_recall"],
            "map": values["map"],
            "mrr": values["recip_rank"],
            "p": values["set_P"],
            "rprec": values["Rprec"],
            "success": float(values["num_rel_ret"] > 0),
            "judged": judged_at(qrels, run, query, None),
            "ndcg(1=3,2=9)": given[query]["ndcg"],
        }
        for ours, theirs in TREC_EVAL.items():
            row[ours] = values[theirs]
            row[with_level(ours)] = two[query][theirs]
        row["num_ret"] = values["num_ret"]
        for k in CUTOFFS:
            row[f"ndcg@{k}"] = values[f"ndcg_cut_{k}"]
            row[f"ndcg(1=3,2=9)@{k}"] = given[query][f"ndcg_cut_{k}"]
            row[f"ndcg_exp@{k}"] = exp[query][f"ndcg_cut_{k}"]
            row[f"recall@{k}"] = values[f"recall_{k}"]
            row[f"map@{k}"] = values[f"map_cut_{k}"]
            row[f"mrr@{k}"] = values["recip_rank"] if values["recip_rank"] >= 1 / k - 1e-9 else 0.0
            row[f"p@{k}"] = values[f"P_{k}"]
            row[f"success@{k}"] = values[f"success_{k}"]
            row[f"judged@{k}"] = judged_at(qrels, run, query, k)
        output[query] = row
    return output


CASES = {
    "binary": dict(seed=1, queries=40, items=60, grades=[1], max_hits=60, score_levels=10**6),
    "graded_ties": dict(seed=2, queries=40, items=60, grades=[0, 0, 1, 2, 3], max_hits=60, score_levels=6),
    "negative_grades": dict(seed=3, queries=40, items=30, grades=[-2, -1, 0, 1, 4], max_hits=20, score_levels=40),
    "deep": dict(seed=4, queries=10, items=400, grades=[0, 1, 2], max_hits=600, score_levels=64),
}

for case, parameters in CASES.items():
    qrels, run = make_case(**parameters)
    # Scores beyond the precision of f32 tie in trec_eval, which keeps floats.
    if case == "graded_ties":
        run["f32"], qrels["f32"] = {"a": 1 + 1e-12, "b": 1.0, "c": 0.5}, {"a": 2, "c": 1}
    document = {"qrels": qrels, "run": run, "values": golden(qrels, run)}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    (HERE / f"{case}.json").write_text(text.replace('},"', '},\n"') + "\n")
assert judged_at.checked > 100
