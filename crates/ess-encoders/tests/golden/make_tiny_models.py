"""Writes tiny random models in sentence-transformers folders, and what sentence-transformers makes of some texts.

    pip install sentence-transformers
    python make_tiny_models.py

Each folder gets golden.json: the texts, the embeddings of them as queries and as items, and for some the states of all
tokens at every layer. Seeds are fixed, but the tokenizers' trainers order
equal counts by chance: every run gives other, equally good models.
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.models import Dense, LayerNorm, Normalize, Pooling, Router, Transformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig, BertForSequenceClassification, BertModel, DistilBertConfig, DistilBertModel, MPNetConfig, MPNetModel,
    PreTrainedTokenizerFast, RobertaConfig, RobertaModel, XLMRobertaConfig, XLMRobertaModel,
)

HERE = Path(__file__).parent / "tiny"
TEXTS = [
    "the cat sat on the mat",
    "",
    "Aspirin reduces the risk of heart attack in men.",
    "  spaces,\tand\nbreaks!  ",
    "Größe naïve café 漢字 emoji 🙂",
    "a",
    "deep " * 200,
    "what reduces risk?",
]
TRAINING = TEXTS + ["the quick brown fox jumps over the lazy dog", "stocks fell on monday", "heart and risk of men"]
SIZES = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48)


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(TRAINING, trainers.WordPieceTrainer(vocab_size=160, special_tokens=special))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]",
                                   cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]", model_max_length=64,
                                   model_input_names=["input_ids", "token_type_ids", "attention_mask"])


def byte_pairs():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        TRAINING, trainers.BpeTrainer(vocab_size=300, special_tokens=special, initial_alphabet=alphabet))
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>", bos_token="<s>",
                                   eos_token="</s>", cls_token="<s>", sep_token="</s>", mask_token="<mask>",
                                   model_max_length=64)


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        TRAINING, trainers.UnigramTrainer(vocab_size=120, special_tokens=special, unk_token="<unk>"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>", bos_token="<s>",
                                   eos_token="</s>", cls_token="<s>", sep_token="</s>", mask_token="<mask>",
                                   model_max_length=64)


def spread(model, seed):
    """Weights large enough that texts differ, norms that are not the identity."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            norm_weight = "norm" in name.lower() and name.endswith("weight")
            parameter.copy_(1 + 0.2 * noise if norm_weight else 0.25 * noise)
    return model.eval()


def transformer(name, model, tokenizer, shard=None):
    folder = HERE / f"{name}.source"
    model.save_pretrained(folder, **({"max_shard_size": shard} if shard else {}))
    tokenizer.save_pretrained(folder)
    return Transformer(str(folder), max_seq_length=40)


def recast(folder, dtype):
    path = folder / "model.safetensors"
    save_file({k: v.to(dtype) if v.is_floating_point() else v for k, v in load_file(path).items()}, path)


def numbers(tensor):
    return [[float(f"{x:.7g}") for x in row] for row in tensor.tolist()]


def finish(name, model, dtype=None, shard_from=None, states=False):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save(str(folder), create_model_card=False)
    if dtype is not None:
        recast(folder, dtype)
        model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32})
    if shard_from is not None:
        (folder / "model.safetensors").unlink()
        for path in Path(shard_from).glob("model*.safetensors*"):
            shutil.copy(path, folder)
        model = SentenceTransformer(str(folder), device="cpu")
    model = model.eval()
    encode = dict(batch_size=1, convert_to_tensor=True)
    golden = {
        "texts": TEXTS,
        "queries": numbers(model.encode_query(TEXTS, **encode)),
        "items": numbers(model.encode_document(TEXTS, **encode)),
    }
    if states:
        inner = model[0].auto_model
        inputs = model[0].tokenizer(TEXTS[0], return_tensors="pt")
        hidden = inner(**inputs, output_hidden_states=True).hidden_states
        golden["states"] = [numbers(layer[0]) for layer in hidden]
    (folder / "golden.json").write_text(json.dumps(golden, ensure_ascii=False))
    for extra in ["README.md", "vocab.txt", "special_tokens_map.json"]:
        (folder / extra).unlink(missing_ok=True)


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    torch.manual_seed(0)

    wordpiece = word_piece()
    bert = spread(BertModel(BertConfig(vocab_size=len(wordpiece), max_position_embeddings=48, **SIZES)), 1)
    module = transformer("bert", bert, wordpiece)
    model = SentenceTransformer(modules=[module, Pooling(32, pooling_mode="mean"), Normalize()], device="cpu",
                                prompts={"query": "what ", "document": "risk "})
    finish("bert", model, dtype=torch.float16, states=True)

    bpe = byte_pairs()
    roberta = spread(RobertaModel(RobertaConfig(vocab_size=len(bpe), max_position_embeddings=44, type_vocab_size=1,
                                                **SIZES)), 2)
    module = transformer("roberta", roberta, bpe, shard="60KB")
    model = SentenceTransformer(modules=[module, Pooling(32, pooling_mode="cls")], device="cpu")
    finish("roberta", model, shard_from=HERE / "roberta.source")

    pieces = unigram()
    xlm = spread(XLMRobertaModel(XLMRobertaConfig(vocab_size=len(pieces), max_position_embeddings=44,
                                                  type_vocab_size=1, **SIZES)), 3)
    module = transformer("xlm-roberta", xlm, pieces)
    pooling = Pooling(32, pooling_mode=("max", "weightedmean", "lasttoken"))
    dense = spread(Dense(96, 20), 4)
    model = SentenceTransformer(modules=[module, pooling, dense, spread(LayerNorm(20), 5), Normalize()], device="cpu",
                                prompts={"query": "query: ", "document": "passage: "})
    finish("xlm-roberta", model)

    distil = spread(DistilBertModel(DistilBertConfig(
        vocab_size=len(wordpiece), max_position_embeddings=48, dim=32, n_layers=2, n_heads=4, hidden_dim=48)), 6)
    module = transformer("distilbert", distil, wordpiece)
    pooling = Pooling(32, pooling_mode=("mean", "mean_sqrt_len_tokens"), include_prompt=False)
    model = SentenceTransformer(modules=[module, pooling], device="cpu", prompts={"query": "the men: ", "document": ""})
    finish("distilbert", model, dtype=torch.bfloat16)

    mpnet = spread(MPNetModel(MPNetConfig(vocab_size=len(pieces), max_position_embeddings=300, **SIZES)), 7)
    module = transformer("mpnet", mpnet, pieces)
    module.max_seq_length = 280
    model = SentenceTransformer(modules=[module, Pooling(32, pooling_mode="mean"), Normalize()], device="cpu")
    finish("mpnet", model)

    wide = spread(BertModel(BertConfig(vocab_size=len(wordpiece), max_position_embeddings=48, hidden_act="gelu_new",
                                       **SIZES)), 8)
    query = [module for module in (transformer("router-query", bert, wordpiece), Pooling(32, pooling_mode="mean"))]
    item = [module for module in (transformer("router-item", wide, wordpiece), Pooling(32, pooling_mode="cls"))]
    router = Router.for_query_document(query_modules=query, document_modules=item)
    finish("router", SentenceTransformer(modules=[router, Normalize()], device="cpu"))

    judge = spread(BertForSequenceClassification(BertConfig(
        vocab_size=len(wordpiece), max_position_embeddings=48, num_labels=1, **SIZES)), 9)
    source = HERE / "cross-encoder"
    judge.save_pretrained(source)
    wordpiece.model_max_length = 40
    wordpiece.save_pretrained(source)
    cross = CrossEncoder(str(source), device="cpu", activation_fn=torch.nn.Identity(), max_length=40)
    pairs = [[TEXTS[7], text] for text in TEXTS]
    golden = {"query": TEXTS[7], "items": TEXTS, "scores": [float(x) for x in cross.predict(pairs)]}
    (source / "golden.json").write_text(json.dumps(golden, ensure_ascii=False))

    for left_over in HERE.glob("*.source"):
        shutil.rmtree(left_over)


main()
