"""Writes what PyTorch computes of one training step of the tiny cross-encoder (tiny/cross-encoder).

    pip install transformers torch
    python make_cross_training.py

cross_training.json has a query with its items, the first of which is relevant, a teacher's scores of them, and for each loss its value and
the gradients of all parameters without dropout: of each tensor the Euclidean norm and three entries.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional
from transformers import AutoModelForSequenceClassification, AutoTokenizer

HERE = Path(__file__).parent
QUERY = "what reduces the risk of heart attack?"
ITEMS = ["Aspirin reduces the risk of heart attack in men.", "the cat sat on the mat", "deep risk of men", "a"]
TEACHER = [3.0, -1.0, 1.5, 0.25]


def binary(scores):
    labels = torch.tensor([1.0] + [0.0] * (len(ITEMS) - 1))
    return functional.binary_cross_entropy_with_logits(scores, labels)


def listwise(scores):
    return functional.cross_entropy(scores[None], torch.tensor([0]))


def teacher(scores):
    target = functional.softmax(torch.tensor(TEACHER), dim=0)
    return functional.kl_div(functional.log_softmax(scores, dim=0), target, reduction="sum")


def main():
    folder = HERE / "tiny/cross-encoder"
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer([QUERY] * len(ITEMS), ITEMS, padding=True, truncation=True, return_tensors="pt")
    golden = {"query": QUERY, "items": ITEMS, "teacher": TEACHER, "losses": {}}
    for loss in [binary, listwise, teacher]:
        model.zero_grad()
        value = loss(model(**inputs).logits[:, 0])
        value.backward()
        gradients = {}
        for name, parameter in model.named_parameters():
            entries = parameter.grad.flatten()
            at = [0, len(entries) // 3, len(entries) - 1]
            gradients[name] = [float(entries.norm())] + [float(entries[i]) for i in at]
        golden["losses"][loss.__name__] = {"loss": float(value), "gradients": gradients}
    (HERE / "cross_training.json").write_text(json.dumps(golden))


main()
