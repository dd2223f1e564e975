"""For each folder in ROOT, applies the Dense folders under dense to queries.f32 and writes mapped.f32.

They are loaded by sentence-transformers where it is installed, otherwise as its Dense module defines them. Prints which.
"""

import json
import struct
import sys
from pathlib import Path

import torch

try:
    # Its place since version 6, where the older name still works but warns.
    from sentence_transformers.sentence_transformer.modules import Dense
except ImportError:
    try:
        from sentence_transformers.models import Dense
    except ImportError:
        Dense = None


def tensors(path):
    """The f32 tensors of a safetensors file."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = bytearray(data[8 + length :])
    read = lambda t: torch.frombuffer(body[slice(*t["data_offsets"])], dtype=torch.float32).reshape(t["shape"])
    return {name: read(tensor) for name, tensor in header.items()}


def apply(folder, vectors):
    if Dense is not None:
        return Dense.load(str(folder))({"sentence_embedding": vectors})["sentence_embedding"]
    config = json.loads((folder / "config.json").read_text())
    weights = tensors(folder / "model.safetensors")
    linear = torch.nn.Linear(config["in_features"], config["out_features"], bias=config["bias"])
    linear.load_state_dict({name.removeprefix("linear."): tensor for name, tensor in weights.items()})
    activation = getattr(torch.nn, config["activation_function"].split(".")[-1])()
    return activation(linear(vectors))


def check(folder):
    dense = folder / "dense"
    folders = [dense] if (dense / "config.json").exists() else sorted(dense.glob("*_Dense"))
    features = json.loads((folders[0] / "config.json").read_text())["in_features"]
    queries = bytearray((folder / "queries.f32").read_bytes())
    vectors = torch.frombuffer(queries, dtype=torch.float32).reshape(-1, features)
    with torch.no_grad():
        for layer in folders:
            vectors = apply(layer, vectors)
    mapped = struct.pack(f"<{vectors.numel()}f", *vectors.flatten().tolist())
    (folder / "mapped.f32").write_bytes(mapped)


def main(root):
    for folder in sorted(root.iterdir()):
        check(folder)
    print("torch alone" if Dense is None else "sentence-transformers")


main(Path(sys.argv[1]))
