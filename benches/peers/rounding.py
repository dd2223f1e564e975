"""What each rounding of int8 costs: 1 less the cosine of texts' vectors to those of f32, with one kind of layer rounded at a time.

    VENV/bin/python benches/peers/rounding.py $ESS_MINILM_DIR

The encoder is transformers' BERT, whose weights and inputs are rounded by the formulas of ESS (`host/int8`): weights in codes from
-127 to 127 with a scale for each output, inputs in codes from 0 to 255 with a scale and a zero point for each token, but for a
value that stands out.
"""

import argparse
import gzip
import json
import pathlib

import torch
from transformers import AutoModel, AutoTokenizer

SCIFACT = pathlib.Path(__file__).resolve().parents[2] / "data/scifact/corpus.jsonl.gz"
KINDS = {
    "queries, keys and values": ["attention.self.query", "attention.self.key", "attention.self.value"],
    "what attention gives": ["attention.output.dense"],
    "feed-forward, up": ["intermediate.dense"],
    "feed-forward, down": ["output.dense"],
}


def heaviest_lane(weights):
    """The largest sum of one sign of four weights that are added up in 16 bits: two pairs of eight inputs."""
    lanes = weights.reshape(len(weights), -1, 2, 2, 2).transpose(2, 3).flatten(1, 2).flatten(2)
    return torch.maximum(lanes.clamp(min=0).sum(-1), (-lanes).clamp(min=0).sum(-1)).amax(1)


def rounded_weights(weights, in_16_bits):
    scale = weights.abs().amax(1) / 127
    if in_16_bits:
        scale = torch.maximum(scale, heaviest_lane(weights) / 128)
    while True:
        codes = (weights / scale[:, None]).round()
        if not in_16_bits or (heaviest_lane(codes) <= 128).all():
            return codes * scale[:, None]
        scale = scale * (heaviest_lane(codes) / 128).clamp(min=1)


def span(rows):
    """The least and the most of each row and of 0."""
    return rows.amin(-1, keepdim=True).clamp(max=0), rows.amax(-1, keepdim=True).clamp(min=0)


def rounded_inputs(keep):
    """Rounds rows; with `keep`, a value that takes more than a quarter of its row's range is left as it is."""

    def rounded(_, inputs):
        rows = inputs[0]
        largest = rows.abs().argmax(-1, keepdim=True)
        rest = rows.scatter(-1, largest, 0.0)
        (least, most), (least_of_rest, most_of_rest) = span(rows), span(rest)
        stands_out = keep and (most_of_rest - least_of_rest < 0.75 * (most - least))
        coded = torch.where(torch.as_tensor(stands_out), rest, rows)
        least, most = span(coded)
        scale = (most - least) / 255
        zero = (-least / scale).round()
        return ((((coded / scale + zero).round().clamp(0, 255) - zero) * scale) + (rows - coded),)

    return rounded


@torch.no_grad()
def vectors(model, tokens):
    states, mask = model(**tokens).last_hidden_state, tokens["attention_mask"][..., None]
    return torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1)


def loss(folder, tokens, exact, kinds, in_16_bits=None, keep=None):
    """The mean of 1 less the cosine, with weights for sums of 16 or 32 bits and inputs without or with outliers, or exact (None)."""
    model = AutoModel.from_pretrained(folder).eval()
    for layer in model.encoder.layer:
        for linear in (layer.get_submodule(name) for kind in kinds for name in KINDS[kind]):
            if in_16_bits is not None:
                linear.weight.data = rounded_weights(linear.weight.data, in_16_bits)
            if keep is not None:
                linear.register_forward_pre_hook(rounded_inputs(keep))
    return (1 - (vectors(model, tokens) * exact).sum(1)).mean().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--texts", type=int, default=24, help="items of SciFact, spread over it")
    parser.add_argument("--max-tokens", type=int, default=128)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with gzip.open(SCIFACT, "rt", encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    texts = [f"{item['title']} {item['text']}".strip() for item in items[:: len(items) // options.texts][: options.texts]]
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    tokens = tokenizer(texts, truncation=True, max_length=options.max_tokens, padding=True, return_tensors="pt")
    exact = vectors(AutoModel.from_pretrained(options.model).eval(), tokens)
    print("in millionths: weights for sums of 16 bits, of 32 bits, all of inputs, inputs but for what stands out, both with 16, with 32")
    for name, kinds in [*((kind, [kind]) for kind in KINDS), ("all", list(KINDS))]:
        settings = [(True, None), (False, None), (None, False), (None, True), (True, True), (False, True)]
        costs = (loss(options.model, tokens, exact, kinds, *setting) for setting in settings)
        print(f"{name}: {', '.join(f'{cost * 1e6:.0f}' for cost in costs)}", flush=True)


main()
