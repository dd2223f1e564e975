"""An encoder as a folder of ColBERT, with a random projection, as PyLate makes one of an encoder before it is trained."""

import array
import json
import math
import random
import shutil
import struct
import sys

DIM = 128
# The markers and lengths of ColBERT's own program.
METADATA = {
    "query_token_id": "[unused0]",
    "doc_token_id": "[unused1]",
    "query_maxlen": 32,
    "doc_maxlen": 180,
    "attend_to_mask_tokens": False,
    "mask_punctuation": True,
    "dim": DIM,
}
COPIED = ["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"]


def write_colbert(model, folder):
    """BERT and `linear.weight` in one file, as ColBERT's own program saves them."""
    folder.mkdir(parents=True)
    for name in COPIED:
        if (model / name).exists():
            shutil.copy(model / name, folder / name)
    (folder / "artifact.metadata").write_text(json.dumps(METADATA), encoding="utf-8")
    hidden = json.loads((model / "config.json").read_text(encoding="utf-8"))["hidden_size"]
    data = (model / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, tensors = json.loads(data[8 : 8 + length]), data[8 + length :]
    header = {name if name == "__metadata__" else f"bert.{name}": said for name, said in header.items()}
    weights = random_weights(DIM, hidden)
    header["linear.weight"] = {
        "dtype": "F32",
        "shape": [DIM, hidden],
        "data_offsets": [len(tensors), len(tensors) + len(weights)],
    }
    said = json.dumps(header).encode()
    said += b" " * (-len(said) % 8)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(said)) + said + tensors + weights)


def random_weights(rows, columns):
    """Little-endian f32 of a Gaussian matrix that keeps inner products in expectation, the same on each machine."""
    draw = random.Random(0)
    numbers = array.array("f", (draw.gauss(0, 1 / math.sqrt(rows)) for _ in range(rows * columns)))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
