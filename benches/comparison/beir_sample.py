"""Small BEIR folders, cut from a large one."""

import gzip
import json

from .bench_questions import ROOT


def shown_folder(folder):
    """How a page names it: a path of this machine means nothing to a reader."""
    folder = folder.resolve()
    return str(folder.relative_to(ROOT)) if folder.is_relative_to(ROOT) else folder.name


def read_records(folder, name):
    """The records of corpus.jsonl or queries.jsonl, plain or as .gz."""
    plain, packed = folder / name, folder / f"{name}.gz"
    with plain.open(encoding="utf-8") if plain.exists() else gzip.open(packed, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def item_text(item):
    """The text that `ess encode` makes of an item."""
    return f"{item['title']} {item['text']}" if item.get("title") else item["text"]


def spread(records, count):
    """So many of them, spread evenly."""
    if not 0 < count <= len(records):
        raise SystemExit(f"expected 1 to {len(records)} of the records, found {count}")
    return records[:: len(records) // count][:count]


def read_qrels(path):
    """The relevant items of each query."""
    qrels = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        query, item, grade = line.split("\t")
        if int(grade) > 0:
            qrels.setdefault(query, []).append(item)
    return qrels


def write_records(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def write_texts(folder, texts, queries=("query",)):
    """A folder with these items, and queries, of which `ess encode` asks for one at least."""
    write_records(folder / "corpus.jsonl", [{"_id": str(at), "title": "", "text": text} for at, text in enumerate(texts)])
    write_records(folder / "queries.jsonl", [{"_id": str(at), "text": text} for at, text in enumerate(queries)])


def write_qrels(path, qrels):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{query}\t{item}\t1\n" for query, items in qrels.items() for item in items]
    path.write_text("query-id\tcorpus-id\tscore\n" + "".join(lines), encoding="utf-8")


def write_judged(folder, beir, train_queries, dev_queries, items):
    """A folder with so many judged queries, their relevant items, and others up to so many items."""
    corpus = {item["_id"]: item for item in read_records(beir, "corpus.jsonl")}
    queries = {query["_id"]: query for query in read_records(beir, "queries.jsonl")}
    qrels = read_qrels(beir / "qrels" / "train.tsv")
    known = [query for query in qrels if query in queries and all(item in corpus for item in qrels[query])]
    chosen = known[: train_queries + dev_queries]
    if len(chosen) < train_queries + dev_queries:
        raise SystemExit(f"{beir}: expected {train_queries + dev_queries} judged queries, found {len(chosen)}")
    kept = dict.fromkeys(item for query in chosen for item in qrels[query])
    others = [item for item in corpus if item not in kept]
    kept |= dict.fromkeys(others[: max(0, items - len(kept))])
    write_records(folder / "corpus.jsonl", [corpus[item] for item in kept])
    write_records(folder / "queries.jsonl", [queries[query] for query in chosen])
    for name, part in [("train", chosen[:train_queries]), ("dev", chosen[train_queries:])]:
        write_qrels(folder / "qrels" / f"{name}.tsv", {query: qrels[query] for query in part})
