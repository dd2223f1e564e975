"""Writes settings/NAME-VERSION.json: the settings files of tiny models, as the installed releases write them.

    pip install sentence-transformers torchvision pillow sentencepiece
    python make_settings.py transformers sentence-transformers

settings/README.md says which releases are kept and what is in them. Each file of `settings` has the JSON files of many folders under
their paths. No weights and no vocabularies are kept, and the paths of this machine are cut off.
"""

import inspect
import json
import sys
import tempfile
from pathlib import Path

# The folder `torch` beside this file is no package.
sys.path = [place for place in sys.path if Path(place).resolve() != Path(__file__).resolve().parent]

import transformers  # noqa: E402

HERE = Path(__file__).parent / "settings"
SIZES = dict(vocab_size=48, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
             max_position_embeddings=64)
DECODER = dict(SIZES, num_key_value_heads=2)
TOWER = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4)
# All else is as the class has it.
ARCHITECTURES = {
    "bert": ("BertConfig", SIZES),
    "roberta": ("RobertaConfig", SIZES),
    "xlm-roberta": ("XLMRobertaConfig", SIZES),
    "camembert": ("CamembertConfig", SIZES),
    "distilbert": ("DistilBertConfig", dict(vocab_size=48, dim=16, n_layers=2, n_heads=4, hidden_dim=24)),
    "mpnet": ("MPNetConfig", SIZES),
    "electra": ("ElectraConfig", SIZES),
    "albert": ("AlbertConfig", SIZES),
    "deberta-v2": ("DebertaV2Config", SIZES),
    "modernbert": ("ModernBertConfig", SIZES),
    "nomic_bert": ("NomicBertConfig", SIZES),
    "gte": ("GteConfig", SIZES),
    "clip": ("CLIPConfig", dict(text_config=dict(TOWER), vision_config=dict(TOWER), projection_dim=8)),
    "clip_text_model": ("CLIPTextConfig", TOWER),
    "clip_vision_model": ("CLIPVisionConfig", TOWER),
    "llama": ("LlamaConfig", DECODER),
    "mistral": ("MistralConfig", DECODER),
    "qwen2": ("Qwen2Config", DECODER),
    "qwen3": ("Qwen3Config", DECODER),
    "gemma3_text": ("Gemma3TextConfig", DECODER),
    "t5": ("T5Config", dict(vocab_size=48, d_model=16, d_kv=4, d_ff=24, num_layers=2, num_heads=4)),
}
TOKENIZERS = ["PreTrained", "Albert", "Bert", "CLIP", "Camembert", "DebertaV2", "DistilBert", "Electra", "Gemma", "Llama", "MPNet", "Qwen2",
              "Roberta", "T5", "XLMRoberta"]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<pad>", "<unk>", "<s>", "</s>", "<mask>", "the", "cat", "sat"]
# What the older classes are made of.
FILES = [["vocab.txt"], ["vocab.json", "merges.txt"], ["pieces.model"]]


def read(folder):
    """All settings below a folder, by their paths in it."""
    files = sorted(folder.rglob("*.json"))
    kept = [path for path in files if path.name not in ("tokenizer.json", "vocab.json")]
    return {path.relative_to(folder).as_posix(): json.loads(path.read_text()) for path in kept}


def without_places(value, place):
    """The same settings without the folders of this machine."""
    if isinstance(value, dict):
        return {name: without_places(inner, place) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_places(inner, place) for inner in value]
    return value.replace(place, "") if isinstance(value, str) else value


def write(name, version, folder):
    files = without_places(read(folder), str(folder))
    lines = ",\n".join(f"{json.dumps(path)}: {json.dumps(files[path], sort_keys=True)}" for path in sorted(files))
    (HERE / f"{name}-{version}.json").write_text("{\n" + lines + "\n}\n")


def configs(folder):
    """config.json of each architecture with every setting that its class has, those with their usual value too."""
    for name, (class_name, sizes) in ARCHITECTURES.items():
        kind = getattr(transformers, class_name, None)
        if kind is None:
            continue
        config = kind(**sizes)
        target = folder / name
        target.mkdir()
        config.save_pretrained(str(target))
        short = json.loads((target / "config.json").read_text())
        (target / "config.json").write_text(config.to_json_string(use_diff=False))
        missing = set(short) - set(json.loads((target / "config.json").read_text()))
        assert not missing, f"{name}: {missing} stand in the short form alone"


def word_level():
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    tokenizer = Tokenizer(models.WordPiece({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def bert_tokenizer():
    names = dict(zip(["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"], WORDS))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=word_level(), model_max_length=64, **names)


def tokenizers(folder):
    """tokenizer_config.json and special_tokens_map.json of each class: made around one tokenizer, or of a class's own files."""
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    (folder / "vocab.json").write_text(json.dumps({word: at for at, word in enumerate(WORDS)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    around_one = [lambda kind, **given: kind(tokenizer_object=word_level(), **given)]
    of_files = [lambda kind, **given: kind(**given), *(of_file(folder, *names) for names in FILES)]
    pieces(folder / "pieces")
    for name in TOKENIZERS:
        for class_name, ways in ((f"{name}TokenizerFast", around_one + of_files), (f"{name}Tokenizer", of_files)):
            kind = getattr(transformers, class_name, None)
            given = {"extra_ids": 2} if name == "T5" else {}
            if kind is not None and not any(saved(way, kind, given, folder / class_name) for way in ways):
                print(f"{class_name} is left out")


def of_file(folder, *names):
    return lambda kind, **given: kind(*(str(folder / name) for name in names), **given)


def pieces(prefix):
    """A tiny model of sentencepiece, for the classes that have no other files."""
    try:
        from sentencepiece import SentencePieceTrainer
    except ImportError:
        return
    sentences = iter(["the cat sat on the mat", "what reduces the risk of heart attack", "the quick brown fox jumps"])
    SentencePieceTrainer.train(sentence_iterator=sentences, model_prefix=str(prefix), vocab_size=40, hard_vocab_limit=False)


def saved(way, kind, given, target):
    """Whether a class could be made in this way and saved itself."""
    try:
        way(kind, **given).save_pretrained(str(target))
        return True
    except Exception:  # noqa: BLE001: a class refuses in whatever way it likes
        return False


def bert(folder, kind="BertModel"):
    source = folder / f"{kind}.source"
    getattr(transformers, kind)(transformers.BertConfig(**SIZES, num_labels=1)).save_pretrained(str(source))
    bert_tokenizer().save_pretrained(str(source))
    return str(source)


def clip_tokenizer(folder):
    """Until release 5 the class takes no tokenizer of another kind."""
    if int(transformers.__version__.split(".")[0]) >= 5:
        return bert_tokenizer()
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    vocabulary.write_text(json.dumps({"<|startoftext|>": 0, "<|endoftext|>": 1, "a</w>": 2}))
    merges.write_text("#version: 0.2\n")
    return transformers.CLIPTokenizerFast(str(vocabulary), str(merges))


def clip(folder):
    source = folder / "CLIP.source"
    text = dict(TOWER, vocab_size=48, max_position_embeddings=32)
    config = transformers.CLIPConfig(text_config=text, vision_config=dict(TOWER, image_size=12, patch_size=4), projection_dim=8)
    transformers.CLIPModel(config).save_pretrained(str(source))
    clip_tokenizer(folder).save_pretrained(str(source))
    processor = transformers.CLIPImageProcessor(size={"shortest_edge": 12}, crop_size={"height": 12, "width": 12})
    processor.save_pretrained(str(source))
    return str(source)


def dense_model(folder, library, modules):
    """Every part that a sentence encoder may have, in two folders, since what Pooling writes depends on its modes."""
    from torch import nn
    parts = [modules.Transformer(bert(folder), max_seq_length=32), modules.Pooling(16),
             modules.Dense(16, 8, activation_function=nn.Identity()), modules.LayerNorm(8), modules.Normalize()]
    prompts = {"prompts": {"query": "what ", "document": ""}}
    accepted = inspect.signature(library.SentenceTransformer.__init__).parameters
    given = prompts if "prompts" in accepted else {}
    library.SentenceTransformer(modules=parts, device="cpu", **given).save(str(folder / "sentence"))
    library.SentenceTransformer(modules=[parts[0], modules.Pooling(16, pooling_mode="cls")], device="cpu").save(
        str(folder / "first-token"))


def towers(folder, library, modules):
    """Queries by one model, items by another."""
    parts = [[modules.Transformer(bert(folder)), modules.Pooling(16)] for _ in range(2)]
    if hasattr(modules, "Router"):
        both = modules.Router.for_query_document(query_modules=parts[0], document_modules=parts[1])
    else:
        both = modules.Asym({"query": parts[0], "document": parts[1]})
    library.SentenceTransformer(modules=[both, modules.Normalize()], device="cpu").save(str(folder / "towers"))


def images(folder, library, modules):
    """CLIP, which was a module of its own until it became a Transformer."""
    source = clip(folder)
    try:
        model = library.SentenceTransformer(source, device="cpu")
        assert "CLIP" in type(model[0]).__name__ or not hasattr(modules, "CLIPModel")
    except Exception:
        model = library.SentenceTransformer(modules=[modules.CLIPModel(source)], device="cpu")
    model.save(str(folder / "clip"))


def cross_encoder(folder, library, _):
    made = library.CrossEncoder(bert(folder, "BertForSequenceClassification"), max_length=32, device="cpu")
    made.save(str(folder / "cross"))


def sparse(folder, library, _):
    if not hasattr(library, "SparseEncoder"):
        return
    from sentence_transformers.sparse_encoder import models as parts
    source = bert(folder, "BertForMaskedLM")
    document = [parts.MLMTransformer(source, max_seq_length=32), parts.SpladePooling("max")]
    library.SparseEncoder(modules=document, device="cpu").save(str(folder / "sparse"))
    from sentence_transformers.models import Router
    query = [parts.SparseStaticEmbedding(tokenizer=document[0].tokenizer, frozen=True)]
    both = Router.for_query_document(query_modules=query, document_modules=document)
    library.SparseEncoder(modules=[both], device="cpu").save(str(folder / "sparse-towers"))


def sentence_transformers(folder):
    import sentence_transformers as library
    from sentence_transformers import models as modules
    for make in (dense_model, towers, images, cross_encoder, sparse):
        make(folder, library, modules)
    for source in folder.glob("*.source"):
        for path in sorted(source.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    return library.__version__


def main():
    HERE.mkdir(exist_ok=True)
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            if name == "transformers":
                configs(folder)
                tokenizers(folder)
                write(name, transformers.__version__, folder)
            else:
                write(name, sentence_transformers(folder), folder)


main()
