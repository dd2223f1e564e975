"""Writes the weights of tiny/bert as `torch.save` does and did.

    pip install torch safetensors
    python make_torch_files.py

torch/zip.bin has them in f16 and f32, with a turned tensor, two that look into one storage, numbers that are no weights, and the versions of a
state's modules; torch/legacy.bin has the same in the format before PyTorch 1.6; torch/shards has f16 and bf16, by protocol 4.
"""

import json
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import load_file

HERE = Path(__file__).parent
WEIGHTS = load_file(HERE / "tiny/bert/model.safetensors")


def state():
    found = OrderedDict(WEIGHTS)
    turned = next(name for name in found if name.endswith("intermediate.dense.weight"))
    found[turned] = found[turned].float().t().contiguous().t()
    first, second = [name for name in found if name.endswith("attention.self.query.weight")][:2]
    both = torch.stack([found[first], found[second]]).float()
    found[first], found[second] = both[0], both[1]
    found["embeddings.position_ids"] = torch.arange(48)
    bias = next(name for name in found if name.endswith("output.dense.bias"))
    found[bias] = torch.nn.Parameter(found[bias])
    found._metadata = OrderedDict({"": {"version": 1}})
    return found


def main():
    folder = HERE / "torch"
    (folder / "shards").mkdir(parents=True, exist_ok=True)
    torch.save(state(), folder / "zip.bin")
    torch.save(state(), folder / "legacy.bin", _use_new_zipfile_serialization=False)
    names = sorted(WEIGHTS)
    places = {}
    for number, (part, kind) in enumerate([(names[::2], torch.float16), (names[1::2], torch.bfloat16)], 1):
        file = f"pytorch_model-{number:05}-of-00002.bin"
        torch.save({name: WEIGHTS[name].to(kind) for name in part}, folder / "shards" / file, pickle_protocol=4)
        places |= {name: file for name in part}
    index = {"metadata": {"total_size": 0}, "weight_map": places}
    (folder / "shards/pytorch_model.bin.index.json").write_text(json.dumps(index))


main()
