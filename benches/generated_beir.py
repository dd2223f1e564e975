"""Writes a BEIR folder of generated texts, to run the whole pipeline at the size of a large collection.

    python3 benches/generated_beir.py --items 1000000 --out target/generated

A text has the words of SciFact's items: two thirds from one of 2000 topics, each of 40 words drawn by how frequent they are, the rest
from all words. A query has some words of one item, which alone is relevant to it. So what is measured is cost, and that every step
does its work; the quality says nothing of real texts.
"""

import argparse
import collections
import gzip
import itertools
import json
import pathlib
import random
import re

SCIFACT = pathlib.Path(__file__).resolve().parents[1] / "data/scifact/corpus.jsonl.gz"


def words():
    """Words of SciFact's items with their counts, the frequent ones first."""
    counts = collections.Counter()
    with gzip.open(SCIFACT, "rt", encoding="utf-8") as lines:
        for line in lines:
            counts.update(re.findall("[a-z]{2,}", json.loads(line)["text"].lower()))
    return counts.most_common(20_000)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--train", type=int, default=2000, help="training queries")
    parser.add_argument("--test", type=int, default=500, help="test queries")
    parser.add_argument("--length", type=int, default=30, help="words of an item")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    names, counts = zip(*words())
    sums = list(itertools.accumulate(counts))
    topics = [draw.choices(names, cum_weights=sums, k=40) for _ in range(2000)]
    of_topic = options.length * 2 // 3
    asked = draw.sample(range(options.items), options.train + options.test)
    queries = {item: number for number, item in enumerate(asked)}
    (options.out / "qrels").mkdir(parents=True, exist_ok=True)
    texts = {}
    with open(options.out / "corpus.jsonl", "w", encoding="utf-8") as corpus:
        for item in range(options.items):
            topic = topics[draw.randrange(len(topics))]
            text = draw.choices(topic, k=of_topic)
            text += draw.choices(names, cum_weights=sums, k=options.length - of_topic)
            draw.shuffle(text)
            if item in queries:
                texts[item] = " ".join(draw.sample(text, min(8, len(text))))
            corpus.write(json.dumps({"_id": f"d{item}", "title": "", "text": " ".join(text)}) + "\n")
    with open(options.out / "queries.jsonl", "w", encoding="utf-8") as file:
        for item in asked:
            file.write(json.dumps({"_id": f"q{queries[item]}", "text": texts[item]}) + "\n")
    for name, part in {"train": asked[: options.train], "test": asked[options.train :]}.items():
        with open(options.out / f"qrels/{name}.tsv", "w", encoding="utf-8") as file:
            file.write("query-id\tcorpus-id\tscore\n")
            file.writelines(f"q{queries[item]}\td{item}\t1\n" for item in part)


if __name__ == "__main__":
    main()
