"""Writes tiny random models of learned sparse encoders, and what sentence-transformers makes of some texts.

    pip install sentence-transformers
    python make_sparse.py

Each folder of sparse/ gets golden.json: the texts, and their vectors as queries and as items, each a list of [index, value].
- masked: the folder of a BertForMaskedLM as transformers saves it, its norms named gamma and beta as older files have them;
  read with max and relu.
- summed: a DistilBertForMaskedLM with SpladePooling by sum and log1p_relu, and a prompt for queries.
- roberta: a RobertaForMaskedLM with SpladePooling by max and relu.
- inference-free: a Router with SparseStaticEmbedding for queries and a BertForMaskedLM for items.

Tokenizers are those of tiny/, which make_tiny_models.py writes; seeds are fixed.
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SparseEncoder
from sentence_transformers.sparse_encoder.modules import Router, SparseStaticEmbedding, SpladePooling, Transformer
from transformers import (
    AutoTokenizer, BertConfig, BertForMaskedLM, DistilBertConfig, DistilBertForMaskedLM, RobertaConfig, RobertaForMaskedLM,
)

HERE = Path(__file__).parent / "sparse"
TINY = HERE.parent / "tiny"
TEXTS = json.loads((TINY / "bert/golden.json").read_text())["texts"]
SIZES = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, max_position_embeddings=66)


def spread(model):
    """Random weights large enough that logits differ, and biases that are not 0."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape)
            norm_weight = "norm" in name.lower() and name.endswith("weight")
            parameter.copy_(1 + 0.2 * noise if norm_weight else 0.25 * noise)
    return model.eval()


def saved(name, model, tokenizer):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    spread(model).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def rows(embeddings):
    dense = embeddings.to_dense()
    return [[[int(i), float(f"{row[i]:.7g}")] for i in row.nonzero().flatten()] for row in dense]


def golden(name, encoder):
    value = {
        "texts": TEXTS,
        "queries": rows(encoder.encode_query(TEXTS, batch_size=1)),
        "items": rows(encoder.encode_document(TEXTS, batch_size=1)),
    }
    (HERE / name / "golden.json").write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def complete(name, modules, **more):
    raw = HERE / f"{name}-raw"
    encoder = SparseEncoder(modules=modules, device="cpu", **more)
    shutil.rmtree(HERE / name, ignore_errors=True)
    encoder.save(str(HERE / name), create_model_card=False)
    golden(name, SparseEncoder(str(HERE / name), device="cpu"))
    shutil.rmtree(raw)


def fill_mask(folder):
    return Transformer(str(folder), transformer_task="fill-mask", max_seq_length=48)


torch.manual_seed(0)
words = AutoTokenizer.from_pretrained(TINY / "bert")
count = len(words)

folder = saved("masked", BertForMaskedLM(BertConfig(vocab_size=count, **SIZES)), words)
golden("masked", SparseEncoder(str(folder), device="cpu"))
file = folder / "model.safetensors"
old = {key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
       for key, tensor in load_file(file).items()}
save_file(old, file, metadata={"format": "pt"})

config = DistilBertConfig(vocab_size=count, dim=32, n_layers=2, n_heads=4, hidden_dim=48, max_position_embeddings=66)
raw = saved("summed-raw", DistilBertForMaskedLM(config), words)
complete("summed", [fill_mask(raw), SpladePooling("sum", "log1p_relu")], prompts={"query": "find: ", "document": ""})

pairs = AutoTokenizer.from_pretrained(TINY / "roberta")
raw = saved("roberta-raw", RobertaForMaskedLM(RobertaConfig(vocab_size=len(pairs), **SIZES)), pairs)
complete("roberta", [fill_mask(raw), SpladePooling("max")])

raw = saved("inference-free-raw", BertForMaskedLM(BertConfig(vocab_size=count, **SIZES)), words)
weights = torch.rand(count) * 5
weights[7] = 0
router = Router.for_query_document(
    query_modules=[SparseStaticEmbedding(tokenizer=words, weight=weights, frozen=True)],
    document_modules=[fill_mask(raw), SpladePooling("max")])
complete("inference-free", [router])
