"""Writes a decoder of 126 million random parameters as a sentence-transformers folder, to measure the speed of such models.

    python benches/peers/random_decoder.py --out target/decoder
    python3 benches/compare.py --python VENV/bin/python --questions encode --model target/decoder --texts 32 --out target/decoder-speed

It is Qwen3's architecture: 16 layers of 768 components, 12 heads of queries and 4 of keys and values, of 64 components each,
feed-forward layers of 2048, a vector from the last token. The tokenizer is a byte-level BPE of 32 000 tokens, learnt from
SciFact's items. What a random model gives says nothing of quality; its products are those of a trained one.
"""

import argparse
import gzip
import json
import pathlib
import tempfile

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3Model

SCIFACT = pathlib.Path(__file__).resolve().parents[2] / "data/scifact/corpus.jsonl.gz"
END = "<|endoftext|>"


def tokenizer():
    learnt = Tokenizer(models.BPE())
    learnt.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learnt.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=32_000, special_tokens=[END], initial_alphabet=alphabet, show_progress=False)
    with gzip.open(SCIFACT, "rt", encoding="utf-8") as lines:
        learnt.train_from_iterator((json.loads(line)["text"] for line in lines), trainer)
    pair = f"$A {END} $B {END}"
    learnt.post_processor = processors.TemplateProcessing(single=f"$A {END}", pair=pair, special_tokens=[(END, 0)])
    return PreTrainedTokenizerFast(tokenizer_object=learnt, eos_token=END, pad_token=END, padding_side="left", model_max_length=2048)


def config():
    return Qwen3Config(
        vocab_size=32_000, hidden_size=768, intermediate_size=2048, num_hidden_layers=16, num_attention_heads=12,
        num_key_value_heads=4, head_dim=64, max_position_embeddings=2048, pad_token_id=0, eos_token_id=0, bos_token_id=None,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        Qwen3Model(config()).save_pretrained(folder)
        tokenizer().save_pretrained(folder)
        states = Transformer(folder, max_seq_length=256)
        SentenceTransformer(modules=[states, Pooling(768, pooling_mode="lasttoken"), Normalize()]).save(str(options.out))


main()
