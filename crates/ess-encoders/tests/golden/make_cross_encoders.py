"""Writes tiny random cross-encoders of the architectures beyond BERT, and what sentence-transformers makes of some pairs.

    pip install sentence-transformers
    python make_cross_encoders.py

Each folder of `cross_encoders` has a model that transformers made and golden.json: the query, the items, and the scores before any
activation. The last item is too long, and cut. Seeds are fixed.
"""

import json
import shutil
from pathlib import Path

import torch
from sentence_transformers import CrossEncoder
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    AlbertConfig, AlbertForSequenceClassification, DebertaV2Config, DebertaV2ForSequenceClassification, DistilBertConfig,
    DistilBertForSequenceClassification, ElectraConfig, ElectraForSequenceClassification, LlamaConfig,
    LlamaForSequenceClassification, ModernBertConfig, ModernBertForSequenceClassification, PreTrainedTokenizerFast, Qwen3Config,
    Qwen3ForSequenceClassification, XLMRobertaConfig, XLMRobertaForSequenceClassification,
)

HERE = Path(__file__).parent / "cross_encoders"
QUERY = "what reduces the risk of heart attack"
ITEMS = ["", "a", "the cat sat on the mat", "what reduces the risk of heart attack in men?", "deep risk " * 20]
WORDS = "the cat sat on mat what reduces risk of heart attack in men deep".split()
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]
SIZES = dict(vocab_size=48, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24, num_labels=1,
             pad_token_id=0, bos_token_id=1, eos_token_id=2, max_position_embeddings=64)
DISENTANGLED = dict(relative_attention=True, position_buckets=8, norm_rel_ebd="layer_norm", pos_att_type=["c2p", "p2c"],
                    share_att_key=True, position_biased_input=False, type_vocab_size=0)


def tokenizer(types):
    letters = list("abcdefghijklmnopqrstuvwxyz?")
    vocabulary = {word: at for at, word in enumerate((SPECIAL + WORDS + letters)[:48])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1", special_tokens=[("<s>", 1), ("</s>", 2)])
    names = ["input_ids", "attention_mask"] + ["token_type_ids"] * types
    return PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>", pad_token="<pad>", bos_token="<s>",
                                   eos_token="</s>", model_max_length=24, model_input_names=names)


def spread(model, seed):
    """Weights large enough that texts differ, norms that are not the identity."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            norm_weight = "norm" in name.lower() and name.endswith("weight")
            parameter.copy_(1.0 + 0.2 * noise if norm_weight else 0.3 * noise)
    return model.eval()


def modernbert(**head):
    return ModernBertForSequenceClassification(ModernBertConfig(local_attention=6, **SIZES, **head))


MODELS = {
    "deberta": (lambda: DebertaV2ForSequenceClassification(DebertaV2Config(**SIZES, **DISENTANGLED)), True),
    "deberta_relu": (lambda: DebertaV2ForSequenceClassification(
        DebertaV2Config(pooler_hidden_act="relu", **SIZES, **DISENTANGLED)), True),
    "modernbert": (lambda: modernbert(), False),
    "modernbert_mean": (lambda: modernbert(
        classifier_pooling="mean", classifier_bias=True, classifier_activation="silu", norm_bias=True), False),
    "electra": (lambda: ElectraForSequenceClassification(ElectraConfig(embedding_size=8, **SIZES)), True),
    "albert": (lambda: AlbertForSequenceClassification(AlbertConfig(embedding_size=8, **SIZES)), True),
    "distilbert": (lambda: DistilBertForSequenceClassification(DistilBertConfig(
        vocab_size=48, dim=16, n_layers=2, n_heads=4, hidden_dim=24, max_position_embeddings=64, num_labels=1, pad_token_id=0)), False),
    "xlm_roberta": (lambda: XLMRobertaForSequenceClassification(XLMRobertaConfig(type_vocab_size=1, **SIZES)), False),
    "llama": (lambda: LlamaForSequenceClassification(LlamaConfig(num_key_value_heads=2, **SIZES)), False),
    "qwen3": (lambda: Qwen3ForSequenceClassification(Qwen3Config(num_key_value_heads=2, head_dim=6, **SIZES)), False),
}


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    for seed, (name, (make, types)) in enumerate(MODELS.items()):
        folder = HERE / name
        torch.manual_seed(seed)
        spread(make(), seed).save_pretrained(folder)
        tokenizer(types).save_pretrained(folder)
        cross = CrossEncoder(str(folder), device="cpu", activation_fn=torch.nn.Identity(), max_length=24,
                             model_kwargs={"dtype": torch.float32, "attn_implementation": "eager"})
        scores = cross.predict([[QUERY, item] for item in ITEMS], batch_size=1)
        golden = {"query": QUERY, "items": ITEMS, "scores": [float(score) for score in scores]}
        (folder / "golden.json").write_text(json.dumps(golden))
        (folder / "special_tokens_map.json").unlink(missing_ok=True)


main()
