"""Writes tiny random models whose Router sends queries and items different ways, and what sentence-transformers makes of some texts.

    pip install sentence-transformers
    python make_routers.py

Made with sentence-transformers 6.2.0 and transformers 5.24.0. Each folder of routers/ gets golden.json: the texts, and their vectors as queries
and as items; of a sparse encoder each is a list of [index, value].
- mapped: route_mappings send queries and items to routes of other names, each of a Transformer, Pooling, Dense and Normalize.
- heads: one Transformer and Pooling, and a Router behind them to a Dense and Normalize for queries, and to a Dense for items.
- queries-only: as heads, but what is pooled is the vector of an item: its route is empty.
- asym: the folder of an Asym, as releases 2 to 4 save it, and as 6 reads it.
- terms: route_mappings send queries of a SparseEncoder to a SparseStaticEmbedding, and all else to an MLMTransformer with SpladePooling.
- root: as terms, but the MLMTransformer lies in the model's own folder, so that others can load it alone.
- static-queries: queries go through a StaticEmbedding, whose tokenizer cuts texts at 20 tokens, and a Dense, items through a Transformer,
  Pooling and Dense; a Normalize is behind the Router.
- static-alone: a StaticEmbedding for queries and nothing else, whose tensors have Model2Vec's names, with a weight for each token.
- static-model: no Router, but a StaticEmbedding for both sides, with a Dense and a Normalize behind it.

Tokenizers are those of tiny/, which make_tiny_models.py writes; seeds are fixed. `make_tiny_models.py` has a Router without a mapping,
`make_sparse.py` one of a sparse encoder.
"""

import json
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The folder `torch` beside this file is no package.
sys.path = [place for place in sys.path if Path(place).resolve() != HERE]

import torch  # noqa: E402
from sentence_transformers import SentenceTransformer, SparseEncoder  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from sentence_transformers.models import Dense, Normalize, Pooling, Router, StaticEmbedding, Transformer  # noqa: E402
from sentence_transformers.sparse_encoder.modules import MLMTransformer, SparseStaticEmbedding, SpladePooling  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM, BertModel  # noqa: E402

ROUTERS = HERE / "routers"
TEXTS = json.loads((HERE / "tiny/bert/golden.json").read_text())["texts"]
WORDS = AutoTokenizer.from_pretrained(HERE / "tiny/bert")
CONFIG = BertConfig(vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24,
                    max_position_embeddings=48)
PROMPTS = {"query": "what ", "document": "risk "}
MAPPED = {("query", "text"): "short", ("document", None): "long"}
OLDER = {"Transformer": "1400762268524", "Pooling": "1400762176185"}


def spread(module, seed):
    """Random weights large enough that texts differ, norms that are not the identity."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            norm_weight = "norm" in name.lower() and name.endswith("weight")
            parameter.copy_(1 + 0.2 * noise if norm_weight else 0.25 * noise)
    return module.eval()


def source(kind, seed):
    folder = ROUTERS / f"{seed}.source"
    spread(kind(CONFIG), seed).save_pretrained(folder)
    WORDS.save_pretrained(folder)
    return str(folder)


def transformer(seed, length=40):
    return Transformer(source(BertModel, seed), max_seq_length=length)


def dense(seed, **more):
    return spread(Dense(16, 6, **more), seed)


def mapped():
    short = [transformer(1, 12), Pooling(16, pooling_mode="cls"), dense(2), Normalize()]
    long = [transformer(3), Pooling(16), dense(4, activation_function=torch.nn.Identity()), Normalize()]
    router = Router({"short": short, "long": long}, default_route="long", route_mappings=MAPPED)
    return SentenceTransformer(modules=[router], device="cpu", prompts=PROMPTS)


def heads():
    router = Router.for_query_document(query_modules=[dense(5), Normalize()], document_modules=[dense(6)])
    return SentenceTransformer(modules=[transformer(7), Pooling(16), router], device="cpu", prompts=PROMPTS)


def queries_only():
    router = Router.for_query_document(query_modules=[spread(Dense(16, 16), 8)], document_modules=[])
    return SentenceTransformer(modules=[transformer(9), Pooling(16), router], device="cpu")


def asym():
    towers = [[transformer(seed), Pooling(16)] for seed in (10, 11)]
    router = Router.for_query_document(query_modules=towers[0], document_modules=towers[1])
    return SentenceTransformer(modules=[router, Normalize()], device="cpu")


def as_asym(folder):
    """The names and places of releases 2 to 4, which end each module's name with the number of its place in memory."""
    inner = folder / "0_Asym"
    inner.mkdir()
    config = json.loads((folder / "router_config.json").read_text())
    new = {name: f"{OLDER[name.split('_')[-1]]}{place}_{name.split('_')[-1]}" for place, name in enumerate(config["types"])}
    for name in new:
        (folder / name).rename(inner / new[name])
    (folder / "router_config.json").unlink()
    (inner / "config.json").write_text(json.dumps({
        "types": {new[name]: f"sentence_transformers.models.{name.split('_')[-1]}" for name in config["types"]},
        "structure": {route: [new[name] for name in names] for route, names in config["structure"].items()},
        "parameters": {"allow_empty_key": True},
    }, indent=4))
    modules = json.loads((folder / "modules.json").read_text())
    modules[0] |= {"path": "0_Asym", "type": "sentence_transformers.models.Asym"}
    modules[1]["type"] = "sentence_transformers.models.Normalize"
    (folder / "modules.json").write_text(json.dumps(modules, indent=2))


def terms():
    weights = torch.rand(len(WORDS), generator=torch.Generator().manual_seed(12)) * 5
    weights[7] = 0
    table = [SparseStaticEmbedding(tokenizer=WORDS, weight=weights, frozen=True)]
    model = [MLMTransformer(source(BertForMaskedLM, 13), max_seq_length=40), SpladePooling("max", "log1p_relu")]
    router = Router({"table": table, "model": model}, route_mappings={("query", None): "table", (None, "text"): "model"})
    return SparseEncoder(modules=[router], device="cpu", prompts={"query": "find: ", "document": ""})


def into_root(folder):
    name = "model_0_MLMTransformer"
    for path in (folder / name).iterdir():
        path.rename(folder / path.name)
    (folder / name).rmdir()
    config = folder / "router_config.json"
    config.write_text(config.read_text().replace(f'"{name}"', '""'))


def table(seed, longest=None):
    tokenizer = Tokenizer.from_str(WORDS._tokenizer.to_str())
    tokenizer.no_truncation()
    if longest:
        tokenizer.enable_truncation(longest)
    vectors = torch.randn(len(WORDS), 16, generator=torch.Generator().manual_seed(seed))
    return StaticEmbedding(tokenizer, embedding_weights=vectors)


def static_queries():
    router = Router.for_query_document(query_modules=[table(14, 20), dense(15)], document_modules=[transformer(16), Pooling(16), dense(17)])
    return SentenceTransformer(modules=[router, Normalize()], device="cpu", prompts=PROMPTS)


def static_alone():
    router = Router.for_query_document(query_modules=[table(18)], document_modules=[transformer(19), Pooling(16)])
    return SentenceTransformer(modules=[router], device="cpu")


def static_model():
    return SentenceTransformer(modules=[table(21, 20), dense(22), Normalize()], device="cpu", prompts=PROMPTS)


def as_model2vec(folder):
    path = folder / "query_0_StaticEmbedding/model.safetensors"
    vectors = load_file(path)["embedding.weight"]
    weights = torch.rand(len(vectors), generator=torch.Generator().manual_seed(20)) * 2
    save_file({"embeddings": vectors, "weights": weights}, path)


def rows(vectors):
    number = lambda x: float(f"{x:.7g}")  # noqa: E731
    if vectors.is_sparse:
        return [[[int(i), number(row[i])] for i in row.nonzero().flatten()] for row in vectors.to_dense()]
    return [[number(x) for x in row] for row in vectors.tolist()]


def finish(name, model, change=None):
    folder = ROUTERS / name
    model.save(str(folder), create_model_card=False)
    if change:
        change(folder)
    model = type(model)(str(folder), device="cpu").eval()
    encode = dict(batch_size=1, convert_to_tensor=True)
    golden = {
        "texts": TEXTS,
        "queries": rows(model.encode_query(TEXTS, **encode)),
        "items": rows(model.encode_document(TEXTS, **encode)),
    }
    (folder / "golden.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")))


def main():
    shutil.rmtree(ROUTERS, ignore_errors=True)
    finish("mapped", mapped())
    finish("heads", heads())
    finish("queries-only", queries_only())
    finish("asym", asym(), as_asym)
    finish("terms", terms())
    finish("root", terms(), into_root)
    finish("static-queries", static_queries())
    finish("static-alone", static_alone(), as_model2vec)
    finish("static-model", static_model())
    for left_over in ROUTERS.glob("*.source"):
        shutil.rmtree(left_over)


main()
