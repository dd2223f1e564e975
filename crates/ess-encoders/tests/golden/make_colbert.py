"""Writes tiny random ColBERT models, and what PyLate makes of some texts with them.

    pip install pylate
    python make_colbert.py

`colbert/published` is a folder as the authors of ColBERT publish them: BERT and `linear.weight` in one file, and
artifact.metadata. `colbert/pylate` and `colbert/modernbert` are folders that PyLate saved. Each has golden.json: the texts, and a
list of settings, each with the vectors of the texts' tokens as queries and as items under it. The tokenizers are those of `tiny/bert` and `tiny/roberta`.
"""

import json
import shutil
from pathlib import Path

import torch
from pylate import models
from safetensors.torch import load_file, save_file
from sentence_transformers.models import Transformer
from tokenizers import AddedToken
from transformers import AutoTokenizer, BertConfig, BertModel, ModernBertConfig, ModernBertModel

HERE = Path(__file__).parent / "colbert"
TOKENIZERS = Path(__file__).parent / "tiny"
SIZES = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48)
TEXTS = [
    "the cat sat on the mat",
    "",
    "Aspirin reduces the risk, of heart attack in men!",
    "  spaces,\tand\nbreaks... (naïve) ",
    "deep " * 60,
    "?!",
]


def spread(model, seed):
    """Weights large enough that texts differ, norms that are not the identity."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            norm_weight = "norm" in name.lower() and name.endswith("weight")
            parameter.copy_(1 + 0.2 * noise if norm_weight else 0.25 * noise)
    return model.eval()


def numbers(matrix):
    return [[float(f"{x:.7g}") for x in row] for row in matrix.tolist()]


def vectors(folder):
    model = models.ColBERT(str(folder), device="cpu").eval()
    return {
        "queries": [numbers(text) for text in model.encode(TEXTS, is_query=True)],
        "items": [numbers(text) for text in model.encode(TEXTS, is_query=False)],
    }


def golden(folder, file, variants):
    """Vectors for each change of a settings file, which is then as it was."""
    path, cases = folder / file, []
    said = path.read_text()
    for changes in variants:
        path.write_text(json.dumps({**json.loads(said), **changes}))
        cases.append({"settings": changes, **vectors(folder)})
    path.write_text(said)
    (folder / "golden.json").write_text(json.dumps({"file": file, "texts": TEXTS, "cases": cases}))


def published():
    folder = HERE / "published"
    shutil.rmtree(folder, ignore_errors=True)
    tokenizer = AutoTokenizer.from_pretrained(TOKENIZERS / "bert")
    tokenizer.add_tokens([AddedToken("[unused0]", normalized=False), AddedToken("[unused1]", normalized=False)])
    config = BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **SIZES)
    model = spread(BertModel(config), 1)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    weights = {f"bert.{name}": weight for name, weight in load_file(folder / "model.safetensors").items()}
    linear = 0.3 * torch.randn((16, 32), generator=torch.Generator().manual_seed(2))
    save_file({**weights, "linear.weight": linear}, folder / "model.safetensors", metadata={"format": "pt"})
    said = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**said, "architectures": ["HF_ColBERT"]}, indent=2))
    # What colbert-ir/colbertv2.0 has, but for names of files and lengths.
    metadata = {
        "query_token_id": "[unused0]", "doc_token_id": "[unused1]", "query_token": "[Q]", "doc_token": "[D]",
        "ncells": None, "centroid_score_threshold": None, "ndocs": None, "index_path": None, "nbits": 1,
        "kmeans_niters": 20, "resume": False, "similarity": "cosine", "bsize": 8, "accumsteps": 1, "lr": 1e-5,
        "maxsteps": 400000, "save_every": None, "warmup": 20000, "warmup_bert": None, "relu": False, "nway": 64,
        "use_ib_negatives": True, "reranker": False, "distillation_alpha": 1.0, "ignore_scores": False,
        "checkpoint": "bert", "triples": "triples.json", "collection": "collection.tsv", "queries": "queries.tsv",
        "index_name": None, "overwrite": False, "root": "/experiments", "experiment": "default", "index_root": None,
        "name": "kldR2.nway64.ib", "rank": 0, "nranks": 4, "amp": True, "gpus": 8, "query_maxlen": 12,
        "attend_to_mask_tokens": False, "interaction": "colbert", "dim": 16, "doc_maxlen": 20,
        "mask_punctuation": True, "meta": {"version": "colbert-v0.4"},
    }
    (folder / "artifact.metadata").write_text(json.dumps(metadata, indent=2))
    golden(folder, "artifact.metadata", [{}, {"attend_to_mask_tokens": True, "query_maxlen": 20}])


def pylate(name, model, tokenizer, seed, variants, **settings):
    folder, source = HERE / name, HERE / f"{name}.source"
    shutil.rmtree(folder, ignore_errors=True)
    spread(model, seed).save_pretrained(source)
    tokenizer.save_pretrained(source)
    colbert = models.ColBERT(modules=[Transformer(str(source))], embedding_size=16, device="cpu", **settings)
    with torch.no_grad():
        generator = torch.Generator().manual_seed(seed)
        for parameter in colbert[1].parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    colbert.save(str(folder), create_model_card=False)
    shutil.rmtree(source)
    golden(folder, "config_sentence_transformers.json", variants)


if __name__ == "__main__":
    published()
    tokenizer = AutoTokenizer.from_pretrained(TOKENIZERS / "bert")
    bert = BertModel(BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **SIZES))
    pylate("pylate", bert, tokenizer, 3, [
        {},
        {"attend_to_expansion_tokens": True, "skiplist_words": [",", "the"]},
        {"do_query_expansion": False, "query_prefix": "", "document_prefix": "", "skiplist_words": []},
    ], query_length=14, document_length=18, bias=True)
    tokenizer = AutoTokenizer.from_pretrained(TOKENIZERS / "roberta")
    modern = ModernBertModel(ModernBertConfig(
        vocab_size=len(tokenizer), pad_token_id=1, bos_token_id=0, eos_token_id=2, cls_token_id=0, sep_token_id=2,
        max_position_embeddings=64, local_attention=16, global_attn_every_n_layers=2, **SIZES))
    pylate("modernbert", modern, tokenizer, 4, [{}], query_length=8, document_length=18)
