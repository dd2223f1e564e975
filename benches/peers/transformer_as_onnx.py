"""A transformer as ONNX: in f32, and with weights in int8 by onnxruntime's dynamic quantisation."""

import json
from pathlib import Path

# Weights for each output in eight bits, and in seven, as onnxruntime's documentation advises for processors without VNNI.
INT8 = {"int8": {"per_channel": True}, "int8-7-bits": {"per_channel": True, "reduce_range": True}}


def input_names(model):
    """What the model is given: kinds of segments only where it has some."""
    segments = json.loads((Path(model) / "config.json").read_text(encoding="utf-8")).get("type_vocab_size", 0)
    return ["input_ids", "attention_mask", *(["token_type_ids"] if segments else [])]


def onnx_model(model, folder, precision="f32"):
    """The file of the model at this precision, made in the folder where it is not there yet."""
    path = Path(folder) / f"{precision}.onnx"
    if path.exists():
        return path
    if precision == "f32":
        export(model, path)
    else:
        from onnxruntime.quantization import QuantType, quantize_dynamic

        exact = onnx_model(model, folder)
        quantize_dynamic(str(exact), str(path), weight_type=QuantType.QInt8, **INT8[precision])
    return path


def export(model, path):
    import torch
    from transformers import AutoModel

    class States(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = AutoModel.from_pretrained(model, attn_implementation="eager").eval()

        def forward(self, *inputs):
            return self.model(**dict(zip(names, inputs))).last_hidden_state

    names = input_names(model)
    example = torch.ones(2, 8, dtype=torch.long)
    axes = {name: {0: "batch", 1: "tokens"} for name in [*names, "states"]}
    with torch.no_grad():
        torch.onnx.export(
            States(), (example, example, 0 * example)[: len(names)], str(path), input_names=names, output_names=["states"],
            dynamic_axes=axes, opset_version=17, dynamo=False,
        )
