"""Writes tiny/static: a small random Model2Vec model, and what Model2Vec makes of some texts.

    pip install model2vec
    python make_static_model.py
"""

import json
from pathlib import Path

import numpy
from model2vec import StaticModel
from tokenizers import Tokenizer

HERE = Path(__file__).parent / "tiny"
tokenizer = Tokenizer.from_file(str(HERE / "bert" / "tokenizer.json"))
tokenizer.no_truncation()
tokenizer.no_padding()
random = numpy.random.default_rng(0)
vectors = random.normal(size=(tokenizer.get_vocab_size(), 16)).astype(numpy.float32)
weights = random.uniform(0.1, 2, size=len(vectors)).astype(numpy.float32)
model = StaticModel(vectors, tokenizer, normalize=True, weights=weights, max_length=20)
model.save_pretrained(HERE / "static")
texts = ["the cat sat on the mat", "", "Größe 漢字 🙂", "deep " * 30, "what reduces risk?"]
golden = {"texts": texts, "embeddings": model.encode(texts).tolist()}
(HERE / "static" / "golden.json").write_text(json.dumps(golden, ensure_ascii=False))
(HERE / "static" / "README.md").unlink(missing_ok=True)
