"""Whether Model2Vec loads a static encoder that ESS saved, and makes the same vectors of the same texts.

    pip install model2vec
    ess distil --model MODEL_DIR --out static
    ess encode --model static --beir BEIR_DIR --dtype f32 --out encoded
    python check_saved_static.py static BEIR_DIR/queries.jsonl encoded/queries.safetensors
"""

import json
import sys

import numpy
from model2vec import StaticModel
from safetensors.numpy import load_file

folder, texts, store = sys.argv[1:]
with open(texts, encoding="utf-8") as lines:
    texts = [json.loads(line)["text"] for line in lines if line.strip()]
found = StaticModel.from_pretrained(folder).encode(texts)
expected = load_file(store)["embeddings"]
assert found.shape == expected.shape, f"{found.shape} and {expected.shape}"
furthest = float(numpy.abs(found - expected).max())
print(f"{len(texts)} texts, {found.shape[1]} dimensions, largest difference {furthest:.1e}")
assert furthest <= 1e-6, "the vectors differ"
