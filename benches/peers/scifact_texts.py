"""SciFact's texts, as benches/src/scifact.rs has them too: abstracts behind their titles, the sentences of these, and the claims."""

import gzip
import json
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "data" / "scifact"


def abstracts():
    """The items: title and text, with a space between them."""
    with gzip.open(FOLDER / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    return [f"{item['title']} {item['text']}" for item in items]


def sentences(texts):
    """Texts cut behind `.`, `?` and `!` where a space follows."""
    return [sentence for text in texts for sentence in re.split(r"(?<=[.?!]) ", text) if sentence.strip()]


def claims():
    """The queries."""
    with open(FOLDER / "queries.jsonl", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]
