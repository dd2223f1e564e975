"""Makes the files of word vectors in golden/words and what gensim reads from them, for the test word_vectors.

    pip install gensim==4.*; python make_word_vectors.py

The vectors are random. gensim writes word2vec's two forms and fastText's two, GloVe's is word2vec's text without its first line.
The sentence embeddings are SIF's (Arora, Liang and Ma 2017): the mean of a / (a + p) times each word's vector, less the first
right singular vector of those of all texts, by NumPy.
"""

import json
import re
from pathlib import Path

import numpy as np
from gensim.models import FastText, KeyedVectors
from gensim.models.fasttext import load_facebook_model, save_facebook_model

FOLDER = Path(__file__).parent / "words"
FOLDER.mkdir(exist_ok=True)
TEXTS = [
    "The cat sat on the mat.",
    "the dog, the cat and the mouse",
    "What reduces the risk of a heart attack?",
    "aspirin reduces risk",
    "Stocks fell on Monday; stocks rose on Tuesday.",
    "größe über straße",
    "unheard words alone",
    "the the the of of a",
]
A = 1e-3
tokens = [re.findall(r"\w+|[^\w\s]+", text.lower()) for text in TEXTS]
counts = {}
for text in tokens:
    for token in text:
        counts[token] = counts.get(token, 0) + 1
known = sorted((word for word in counts if word not in ("unheard", "words", "alone")), key=lambda word: (-counts[word], word))

rng = np.random.default_rng(0)
vectors = KeyedVectors(vector_size=12)
vectors.add_vectors(known, (rng.normal(size=(len(known), 12)) + 0.5).astype(np.float32))
for word in known:
    vectors.set_vecattr(word, "count", counts[word])
vectors.save_word2vec_format(FOLDER / "word2vec.txt")
vectors.save_word2vec_format(FOLDER / "word2vec.bin", binary=True)
lines = (FOLDER / "word2vec.txt").read_text(encoding="utf-8").splitlines(keepends=True)
(FOLDER / "glove.txt").write_text("".join(lines[1:]), encoding="utf-8")

model = FastText(vector_size=8, min_count=1, bucket=50, min_n=2, max_n=4, seed=1, workers=1, epochs=5)
model.build_vocab(corpus_iterable=tokens)
model.train(corpus_iterable=tokens, total_examples=len(tokens), epochs=5)
save_facebook_model(model, str(FOLDER / "fasttext.bin"))
model = load_facebook_model(str(FOLDER / "fasttext.bin"))
model.wv.save_word2vec_format(FOLDER / "fasttext.vec")


def sif(vectors, counts, remove):
    total = sum(counts[word] for word in vectors.key_to_index if word in counts)
    rows = []
    for text in tokens:
        found = [word for word in text if word in vectors.key_to_index]
        rows.append(sum((A / (A + counts[w] / total) * vectors[w].astype(np.float64) for w in found), np.zeros(vectors.vector_size)) / max(len(found), 1))
    rows = np.array(rows)
    if remove:
        _, _, directions = np.linalg.svd(rows, full_matrices=False)
        rows = rows - rows @ np.outer(directions[0], directions[0])
    return rows.tolist()


def mean(vectors):
    rows = []
    for text in tokens:
        found = [word for word in text if word in vectors.key_to_index]
        rows.append(np.mean([vectors[w] for w in found], axis=0).tolist() if found else [0.0] * vectors.vector_size)
    return rows


golden = {
    "texts": TEXTS,
    "word2vec": {word: vectors[word].tolist() for word in known},
    "fasttext": {word: model.wv.get_vector(word).tolist() for word in model.wv.index_to_key},
    "fasttext_counts": [int(model.wv.get_vecattr(word, "count")) for word in model.wv.index_to_key],
    "mean": mean(vectors),
    "sif": sif(vectors, counts, False),
    "sif_removed": sif(vectors, counts, True),
}
(Path(__file__).parent / "words.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n", encoding="utf-8")
