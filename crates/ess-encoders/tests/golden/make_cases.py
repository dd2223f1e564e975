"""Writes cases/library.json: what sentence-transformers makes of texts with small changes of the folders in `tiny`.

    pip install sentence-transformers
    python make_cases.py

Made with sentence-transformers 6.2.0 and transformers 5.24.0. Each case has the folder's name, the files that are changed, or removed where null stands, and the texts with
their embeddings as queries and as items. cases/README.md says what each is about.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The folder `torch` beside this file is no package.
sys.path = [place for place in sys.path if Path(place).resolve() != HERE]

import torch  # noqa: E402
from sentence_transformers import SentenceTransformer  # noqa: E402

PADDED = ["cat <pad> sat", "<pad><pad> risk of men", "cat sat"]
SPLIT = ["the cat sat on the mat", "a risk", "what reduces risk?"]


def id_of(name, word):
    return json.loads((HERE / "tiny" / name / "tokenizer.json").read_text())["model"]["vocab"][word]


# A word of the vocabulary that becomes a token wherever it stands, in words too.
LETTER = dict(content="a", lstrip=False, normalized=True, rstrip=False, single_word=False, special=False)
CASES = {
    "padding-in-text-mpnet": ("mpnet", {}, PADDED),
    "padding-token-mpnet": ("mpnet", {"config.json": {"pad_token_id": 0}}, SPLIT),
    "added-token-by-id": ("bert", {"tokenizer_config.json": {"added_tokens_decoder": {str(id_of("bert", "a")): LETTER}}}, SPLIT),
    "added-token-by-text": ("bert", {"added_tokens.json": {"a": id_of("bert", "a")}}, SPLIT),
    "added-token-nowhere": ("bert", {}, SPLIT),
    "no-modules": ("bert", {"modules.json": None, "sentence_bert_config.json": dict(max_seq_length=5), "config_sentence_transformers.json":
                   dict(prompts=dict(query="what ", document="risk "), truncate_dim=3, default_prompt_name="none", model_type="Other")}, SPLIT),
}


def numbers(tensor):
    return [[float(f"{x:.7g}") for x in row] for row in tensor.tolist()]


def embedded(name, changes, texts):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / name
        shutil.copytree(HERE / "tiny" / name, folder)
        for file, settings in changes.items():
            path = folder / file
            if settings is None:
                path.unlink()
                continue
            said = json.loads(path.read_text()) if path.exists() else {}
            path.write_text(json.dumps(said | settings))
        model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32}).eval()
        encode = dict(batch_size=1, convert_to_tensor=True)
        return numbers(model.encode_query(texts, **encode)), numbers(model.encode_document(texts, **encode))


def main():
    found = {}
    for case, (name, changes, texts) in CASES.items():
        queries, items = embedded(name, changes, texts)
        found[case] = dict(folder=name, changes=changes, texts=texts, queries=queries, items=items)
    vectors = [found[case]["items"] for case in CASES if case.startswith("added-token")]
    assert vectors[0] == vectors[1] != vectors[2], "the added token changes nothing, or not the same"
    lines = ",\n".join(f"{json.dumps(case)}: {json.dumps(found[case])}" for case in found)
    (HERE / "cases" / "library.json").write_text("{\n" + lines + "\n}\n")


main()
