"""Writes minilm.json: 32 SciFact texts and their embeddings by all-MiniLM-L6-v2.

    pip install sentence-transformers
    python make_minilm.py MODEL_FOLDER SCIFACT_FOLDER

MODEL_FOLDER is what ../fetch_minilm.sh prints, SCIFACT_FOLDER a BEIR folder. The texts are abstracts (ODC-By 1.0) and
claims (CC BY 4.0) of SciFact, Wadden et al. 2020; text = title + " " + text.
"""

import json
import sys
from pathlib import Path

from sentence_transformers import SentenceTransformer

model = SentenceTransformer(sys.argv[1], device="cpu")
model.max_seq_length = 256


def rows(name, count, step):
    lines = (Path(sys.argv[2]) / name).read_text().splitlines()[: count * step : step]
    return [json.loads(line) for line in lines]


texts = [f"{row.get('title', '')} {row['text']}".strip() for row in rows("corpus.jsonl", 24, 16) + rows("queries.jsonl", 8, 8)]
embeddings = model.encode(texts, batch_size=1, normalize_embeddings=True)
golden = {
    "source": "sentence-transformers, all-MiniLM-L6-v2, at most 256 tokens; make_minilm.py",
    "texts": texts,
    "embeddings": [[float(f"{x:.7g}") for x in row] for row in embeddings.tolist()],
}
Path(__file__).with_name("minilm.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")))
