"""Writes representations.json: what transformers and sentence-transformers make of some texts by the models of tiny/.

    pip install sentence-transformers
    python make_representations.py

Poolings, prefixes, sentences and late chunks are computed here with numpy, from the hidden states that transformers gives.
"""

import json
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

HERE = Path(__file__).parent
SENTENCES = [
    "the cat sat on the mat and slept all day.",
    "Aspirin reduces the risk of heart attack in men.",
    "what reduces the risk of a deep naïve café?",
    "stocks fell on monday, and then they fell again!",
    "the quick brown fox jumps over the lazy dog.",
]
SHORT = " ".join(SENTENCES[:2])
LONG = " ".join(SENTENCES)
TEXTS = [SHORT, "a", LONG]


def tokens(model, text, **settings):
    return model.tokenizer(text, truncation=True, max_length=model.max_seq_length, **settings)


def states(model, ids):
    """The states of some tokens at every layer: layers × T × dim."""
    with torch.no_grad():
        out = model[0].auto_model(input_ids=torch.tensor([ids]), output_hidden_states=True)
    return [layer[0].float().numpy() for layer in out.hidden_states]


def prompt_length(model, prompt):
    if not prompt or model[1].include_prompt:
        return 0
    return len(tokens(model, prompt)["input_ids"]) - 1


def pool(rows, mode):
    match mode:
        case "cls":
            return rows[0]
        case "max":
            return rows.max(0)
        case "mean":
            return rows.mean(0)
        case "mean_sqrt_len_tokens":
            return rows.sum(0) / np.sqrt(len(rows))
        case "lasttoken":
            return rows[-1]


def modes(model):
    named = json.loads((HERE / "tiny" / model / "1_Pooling" / "config.json").read_text())["pooling_mode"]
    return [named] if isinstance(named, str) else named


def head(model, pooled):
    features = {"sentence_embedding": torch.tensor(pooled)[None]}
    for module in list(model)[2:]:
        features = module(features)
    return features["sentence_embedding"][0].numpy()


def unit(vector):
    return vector / np.linalg.norm(vector)


def late_chunks(model, own, text, passages, overlap):
    """The passages (ranges of characters) of a text, pooled from windows of the whole."""
    found = tokens(model, text, stride=overlap, return_overflowing_tokens=True, return_offsets_mapping=True,
                   return_special_tokens_mask=True)
    rows, ends, windows = [], [], len(found["input_ids"])
    for at in range(windows):
        special = found["special_tokens_mask"][at]
        inside = [i for i, mask in enumerate(special) if mask == 0]
        start = 0 if at == 0 else inside[0] + overlap // 2
        stop = len(special) if at == windows - 1 else inside[-1] + 1 - (overlap - overlap // 2)
        last = states(model, found["input_ids"][at])[-1]
        for i in range(start, stop):
            rows.append(last[i])
            where = found["offset_mapping"][at][i][1]
            ends.append(where if special[i] == 0 else 0 if i < inside[0] else len(text))
    belongs = [max([p for p, (first, _) in enumerate(passages) if first <= end - 1], default=0) for end in ends]
    vectors = []
    for passage in range(len(passages)):
        own_rows = np.array([row for row, p in zip(rows, belongs) if p == passage])
        vectors.append(unit(head(model, np.concatenate([pool(own_rows, mode) for mode in own]))))
    return vectors


def sentence_ranges(text):
    ranges, start = [], 0
    for sentence in SENTENCES:
        if text[start:].startswith(sentence):
            ranges.append((start, start + len(sentence)))
            start += len(sentence) + 1
    return ranges or [(0, len(text))]


def in_bytes(text, ranges):
    return [[len(text[:first].encode()), len(text[:last].encode())] for first, last in ranges]


def main():
    torch.set_num_threads(1)
    cases, late = [], []
    for name in ["bert", "distilbert", "mpnet"]:
        model = SentenceTransformer(str(HERE / "tiny" / name), device="cpu").float().eval()
        own, prompts = modes(name), model.prompts

        def case(representation, row, side="query"):
            rows = [row(text).tolist() for text in TEXTS]
            cases.append(dict(model=name, representation=representation, side=side, rows=rows))

        def layer(at, mode, prompt):
            def row(text):
                all_states = states(model, tokens(model, prompt + text)["input_ids"])[at]
                return unit(pool(all_states[prompt_length(model, prompt):], mode))
            return row

        for at in range(3):
            for mode, written in [("mean", "mean"), ("cls", "cls"), ("max", "max"), ("lasttoken", "last_token")]:
                case(f"layer=at:{at},pooling:{written}", layer(at, mode, prompts["query"]))
        case("layer=at:1,pooling:mean", layer(1, "mean", prompts["document"]), side="item")
        whole = dict(normalize_embeddings=True)
        case("pooled", lambda text: model.encode(text, prompt_name="query", **whole))
        case("pooled=prefix:8", lambda text: unit(model.encode(text, prompt_name="query", **whole)[:8]))
        case("pooled=prompt:document", lambda text: model.encode(text, prompt_name="document", **whole))
        case('pooled=prompt_text:"risk, men: "', lambda text: model.encode(text, prompt="risk, men: ", **whole))
        case("sentences", lambda text: unit(np.mean(
            [model.encode(text[a:b], prompt_name="document", **whole) for a, b in sentence_ranges(text)], 0)), side="item")
        document = prompts["document"]
        if document:
            continue
        for text in [SHORT, LONG]:
            ranges = sentence_ranges(text)
            vectors = late_chunks(model, own, text, ranges, 9)
            late.append(dict(model=name, overlap=9, text=text, passages=in_bytes(text, ranges),
                             rows=[vector.tolist() for vector in vectors]))
    cut = lambda value: [cut(v) for v in value] if isinstance(value, list) else round(value, 7)
    for one in cases + late:
        one["rows"] = cut(one["rows"])
    path = HERE / "representations.json"
    path.write_text(json.dumps(dict(texts=TEXTS, cases=cases, late_chunks=late), ensure_ascii=False))
    print(path.stat().st_size)


main()
