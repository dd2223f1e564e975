"""Encodes texts by another library on one thread whenever benches/compare.py asks: the CPU time of all, tokenizing counted.

    pip install onnx onnxruntime openvino sentence-transformers
    python benches/compare.py --questions encode

PEER is one of those below. TEXTS is a file with a JSON list. The folder keeps the model as ONNX. A line of standard input asks for
a pass and says the batch, `{"batch": 4, "save": null}`; `save` may name a file for the vectors, in f32. Answers are lines too.
"""

import argparse
import importlib.metadata
import json
import os
import sys
import time
from pathlib import Path

for variable in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"]:
    os.environ[variable] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"


def loaded_tokenizer(options):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(options.model / "tokenizer.json"))
    tokenizer.enable_truncation(options.max_tokens)
    tokenizer.no_padding()
    return tokenizer


def takes_last_token(options):
    """Whether the folder's vectors are the states of last tokens, as decoders' are; else they are means."""
    pooling = json.loads((options.model / "1_Pooling/config.json").read_text(encoding="utf-8"))
    return pooling.get("pooling_mode") == "lasttoken" or pooling.get("pooling_mode_lasttoken", False)


def with_states(options, states_of):
    """Batches of texts sorted by length, padded to the longest of each; one vector a text, of unit norm."""
    import numpy
    from transformer_as_onnx import input_names

    tokenizer, names, last = loaded_tokenizer(options), input_names(options.model), takes_last_token(options)

    def encode(texts, batch_size):
        tokens = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
        order = sorted(range(len(tokens)), key=lambda text: -len(tokens[text]))
        embeddings = None
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            ids = numpy.zeros((len(batch), max(len(tokens[text]) for text in batch)), numpy.int64)
            mask = numpy.zeros_like(ids)
            for row, text in enumerate(batch):
                ids[row, : len(tokens[text])] = tokens[text]
                mask[row, : len(tokens[text])] = 1
            inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": 0 * ids}
            states = states_of({name: inputs[name] for name in names})
            if last:
                pooled = states[numpy.arange(len(batch)), mask.sum(1) - 1]
            else:
                pooled = (states * mask[..., None].astype(numpy.float32)).sum(1) / mask.sum(1, keepdims=True)
            if embeddings is None:
                embeddings = numpy.empty((len(tokens), pooled.shape[1]), numpy.float32)
            embeddings[batch] = pooled / numpy.linalg.norm(pooled, axis=1, keepdims=True)
        return embeddings

    return encode


def onnxruntime(options, precision="f32"):
    import onnxruntime
    from transformer_as_onnx import onnx_model

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    path = str(onnx_model(options.model, options.folder, precision))
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    return with_states(options, lambda inputs: session.run(None, inputs)[0])


def openvino(options):
    import openvino
    from transformer_as_onnx import onnx_model

    # It would choose bf16 by itself on processors that have it.
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(str(onnx_model(options.model, options.folder)), "CPU", settings)
    request = compiled.create_infer_request()
    return with_states(options, lambda inputs: request.infer(inputs, share_inputs=True)[0])


def sentence_transformers(options):
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    model = SentenceTransformer(str(options.model), device="cpu")
    model.max_seq_length = options.max_tokens
    return lambda texts, batch_size: model.encode(
        texts, batch_size=batch_size, normalize_embeddings=True, show_progress_bar=False
    )


# How each is loaded, the package whose version is told, and what a page calls it.
PEERS = {
    "openvino": (openvino, "openvino", "OpenVINO {}"),
    "onnxruntime": (onnxruntime, "onnxruntime", "onnxruntime {}"),
    "onnxruntime-int8": (lambda options: onnxruntime(options, "int8"), "onnxruntime", "onnxruntime {} int8"),
    "onnxruntime-int8-7-bits": (
        lambda options: onnxruntime(options, "int8-7-bits"),
        "onnxruntime",
        "onnxruntime {} int8 in 7 bits",
    ),
    "sentence-transformers": (sentence_transformers, "sentence-transformers", "sentence-transformers {}"),
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=list(PEERS))
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--folder", type=Path, required=True)
    return parser.parse_args()


def main():
    options = arguments()
    # Libraries that print to standard output do not come between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    texts = json.loads(options.texts.read_text(encoding="utf-8"))
    load, package, name = PEERS[options.peer]
    try:
        encode = load(options)
        tokens = [len(encoding.ids) for encoding in loaded_tokenizer(options).encode_batch(texts)]
    except ModuleNotFoundError as error:
        print(json.dumps({"missing": f"{error.name} is not installed"}), file=answers)
        return
    who = name.format(importlib.metadata.version(package).split("-")[0])
    print(json.dumps({"name": who, "tokens": tokens}), file=answers)
    for line in sys.stdin:
        asked = json.loads(line)
        start = time.process_time()
        embeddings = encode(texts, asked["batch"])
        seconds = time.process_time() - start
        if asked["save"]:
            Path(asked["save"]).write_bytes(embeddings.astype("<f4").tobytes())
        print(json.dumps({"seconds": seconds}), file=answers)


main()
