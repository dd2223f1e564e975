"""What other libraries make of the question of benches/benches/encode.rs: tokens per CPU-second of encoding SciFact
items (at most 256 tokens) with all-MiniLM-L6-v2 on one thread, in f32 and, by onnxruntime, in int8 (weights for each output
in seven bits, as its documentation advises for processors without VNNI, and in eight); several batch sizes each.

    pip install onnxruntime onnx sentence-transformers
    python benches/peers/encode.py MODEL_DIR [ITEMS]

MODEL_DIR is what crates/ess-encoders/tests/fetch_minilm.sh prints. Tokenizing is counted, as it is there.
"""

import gzip
import json
import os
import sys
import tempfile
import time
from pathlib import Path

for variable in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"]:
    os.environ[variable] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import numpy
import onnxruntime
import torch
from figures import figure
from onnxruntime.quantization import QuantType, quantize_dynamic
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers import AutoModel

torch.set_num_threads(1)
torch.set_grad_enabled(False)
MODEL = Path(sys.argv[1])
ITEMS = int(sys.argv[2]) if len(sys.argv) > 2 else 128
MAX_TOKENS = 256
BATCHES = [4, 16, 32]


def texts():
    path = Path(__file__).parents[2] / "data/scifact/corpus.jsonl.gz"
    with gzip.open(path, "rt") as lines:
        items = [json.loads(line) for line in lines]
    # Spread over the corpus, as the bench does it.
    step = len(items) // ITEMS
    return [f"{item['title']} {item['text']}" for item in items[::step][:ITEMS]]


def tokenizer():
    loaded = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    loaded.enable_truncation(MAX_TOKENS)
    loaded.no_padding()
    return loaded


def export(path):
    class States(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = AutoModel.from_pretrained(MODEL, attn_implementation="eager").eval()

        def forward(self, input_ids, attention_mask, token_type_ids):
            inputs = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
            return self.model(**inputs).last_hidden_state

    names = ["input_ids", "attention_mask", "token_type_ids"]
    example = torch.ones(2, 8, dtype=torch.long)
    axes = {name: {0: "batch", 1: "tokens"} for name in [*names, "states"]}
    torch.onnx.export(
        States(), (example, example, 0 * example), path, input_names=names, output_names=["states"],
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )


def with_onnxruntime(items, batch_size, quantised=None):
    """Batches of texts sorted by length, padded to the longest of each; `quantised` has the settings of int8, if any."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        export(path)
        if quantised is not None:
            exact, path = path, os.path.join(folder, "int8.onnx")
            quantize_dynamic(exact, path, weight_type=QuantType.QInt8, **quantised)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    loaded = tokenizer()

    def encode():
        tokens = [encoding.ids for encoding in loaded.encode_batch(items)]
        order = sorted(range(len(tokens)), key=lambda text: -len(tokens[text]))
        embeddings = numpy.empty((len(tokens), 384), numpy.float32)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            ids = numpy.zeros((len(batch), max(len(tokens[text]) for text in batch)), numpy.int64)
            mask = numpy.zeros_like(ids)
            for row, text in enumerate(batch):
                ids[row, : len(tokens[text])] = tokens[text]
                mask[row, : len(tokens[text])] = 1
            inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": 0 * ids}
            states = session.run(None, inputs)[0]
            pooled = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
            embeddings[batch] = pooled / numpy.linalg.norm(pooled, axis=1, keepdims=True)
        return embeddings

    return encode


def with_sentence_transformers(items, batch_size):
    model = SentenceTransformer(str(MODEL), device="cpu")
    model.max_seq_length = MAX_TOKENS
    return lambda: model.encode(items, batch_size=batch_size, normalize_embeddings=True)


def best_seconds(encode, rounds=3):
    encode()
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        encode()
        taken.append(time.process_time() - start)
    return min(taken)


def sgemm_rate():
    """GFLOP/s of torch's own product of the largest shape in the model, on one thread."""
    left, right = torch.rand(512, 384), torch.rand(384, 1536)
    rounds = 200
    left @ right
    start = time.process_time()
    for _ in range(rounds):
        left @ right
    return rounds * 2 * 512 * 384 * 1536 / (time.process_time() - start) / 1e9


def main():
    items = texts()
    tokens = sum(len(encoding.ids) for encoding in tokenizer().encode_batch(items))
    print(f"{len(items)} items, {tokens} tokens; onnxruntime {onnxruntime.__version__}, torch {torch.__version__}")
    results = {}
    seven_bits, eight_bits = {"per_channel": True, "reduce_range": True}, {"per_channel": True}
    peers = [
        ("items", "onnxruntime", with_onnxruntime, []),
        ("items", "sentence-transformers", with_sentence_transformers, []),
        ("items, int8", "onnxruntime, int8, 7 bits", with_onnxruntime, [seven_bits]),
        ("items, int8", "onnxruntime, int8", with_onnxruntime, [eight_bits]),
    ]
    for case, name, prepare, settings in peers:
        for batch_size in BATCHES:
            encode = prepare(items, batch_size, *settings)
            results[name] = encode()
            seconds = best_seconds(encode)
            print(f"{name:26} batch {batch_size:3} {tokens / seconds:8.0f} tokens per CPU-second")
            figure(case, f"{name}, batch {batch_size}", seconds)
    exact = results["onnxruntime"]
    furthest = abs(exact - results["sentence-transformers"]).max()
    print(f"in f32 they differ by at most {furthest:.1e}; torch's SGEMM {sgemm_rate():.0f} GFLOP/s")
    for name in ["onnxruntime, int8, 7 bits", "onnxruntime, int8"]:
        cosines = (results[name] * exact).sum(1)
        print(f"{name}: 1st percentile of the cosines to f32 {numpy.percentile(cosines, 1):.4f}")


main()
