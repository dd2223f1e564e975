"""Training of a sentence encoder by sentence-transformers: tokens per CPU-second, and nDCG@10 on the test queries.

The peer of `ess train-encoder`: the same model, texts, batch, length, one positive and one negative a query, AdamW at 2e-5
with linear decay, MultipleNegativesRankingLoss, one thread. Negatives are BM25-free: items drawn at random, which cost the
same. Tokens are counted without padding, as ESS counts them.

    pip install sentence-transformers
    OMP_NUM_THREADS=1 python benches/peers/encoder_training.py MODEL_DIR BEIR_DIR --steps 10
"""

import argparse
import json
import pathlib
import random
import time

import sentence_transformers
import torch
from sentence_transformers import SentenceTransformer, losses
from torch.optim import AdamW


def read(path):
    return {row["_id"]: row for row in map(json.loads, path.open(encoding="utf-8"))}


def ndcg(model, corpus, queries, qrels):
    ids = list(corpus)
    texts = [f"{corpus[i]['title']} {corpus[i]['text']}".strip() for i in ids]
    items = model.encode(texts, normalize_embeddings=True, convert_to_tensor=True)
    asked = list(qrels)
    found = model.encode([queries[q]["text"] for q in asked], normalize_embeddings=True, convert_to_tensor=True)
    total = 0.0
    for query, hits in zip(asked, (found @ items.T).topk(10).indices.tolist()):
        gain = sum(1 / torch.log2(torch.tensor(rank + 2.0)) for rank, hit in enumerate(hits) if ids[hit] in qrels[query])
        best = sum(1 / torch.log2(torch.tensor(rank + 2.0)) for rank in range(min(10, len(qrels[query]))))
        total += float(gain / best)
    return total / len(asked)


def read_qrels(path):
    qrels = {}
    for line in path.read_text().splitlines()[1:]:
        query, item, grade = line.split("\t")
        if int(grade) > 0:
            qrels.setdefault(query, []).append(item)
    return qrels


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("beir", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--uncounted", type=int, default=0, help="how many steps go before those that are counted")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--evaluate", action="store_true")
    arguments = parser.parse_args()
    if not 0 <= arguments.uncounted < arguments.steps:
        parser.error(f"--uncounted: expected less than {arguments.steps} steps, found {arguments.uncounted}")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    draw = random.Random(0)
    model = SentenceTransformer(arguments.model, device="cpu")
    model.max_seq_length = arguments.tokens
    corpus, queries = read(arguments.beir / "corpus.jsonl"), read(arguments.beir / "queries.jsonl")
    train = read_qrels(arguments.beir / "qrels/train.tsv")
    text = lambda item: f"{corpus[item]['title']} {corpus[item]['text']}".strip()
    loss = losses.MultipleNegativesRankingLoss(model)
    decayed = [p for n, p in model.named_parameters() if p.dim() > 1]
    others = [p for n, p in model.named_parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimizer = AdamW(groups, lr=2e-5)
    order = list(train)
    draw.shuffle(order)
    model.train()
    tokens = padded = 0
    started = time.process_time()
    for step in range(arguments.steps):
        if step == arguments.uncounted:
            tokens = padded = 0
            started = time.process_time()
        first = step * arguments.batch % len(order)
        batch = (order + order)[first:first + arguments.batch]
        sides = [
            [queries[q]["text"] for q in batch],
            [text(draw.choice(train[q])) for q in batch],
            [text(draw.choice(list(corpus))) for _ in batch],
        ]
        features = [model.tokenize(side) for side in sides]
        tokens += sum(int(f["attention_mask"].sum()) for f in features)
        padded += sum(f["attention_mask"].numel() for f in features)
        for group in optimizer.param_groups:
            group["lr"] = 2e-5 * min(1.0, (step + 1) / 11) * (1 - step / arguments.steps)
        value = loss(features, torch.zeros(len(batch)))
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    seconds = time.process_time() - started
    report = {"who": f"sentence-transformers {sentence_transformers.__version__}", "steps": arguments.steps - arguments.uncounted,
              "tokens": tokens, "padded": padded, "cpu_seconds": seconds,
              "tokens_per_cpu_second": tokens / seconds}
    if arguments.evaluate:
        model.eval()
        with torch.no_grad():
            report["test_ndcg@10"] = ndcg(model, corpus, queries, read_qrels(arguments.beir / "qrels/test.tsv"))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
