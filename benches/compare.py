"""Runs ESS and its peers in turns, and writes docs/results/speed/PROCESSOR.md.

    python3 -m venv VENV && VENV/bin/pip install -r benches/peers/requirements.txt
    export ESS_MINILM_DIR=$(bash crates/ess-encoders/tests/fetch_minilm.sh)
    RUSTFLAGS="-C target-cpu=native" cargo build --release --manifest-path benches/peers/candle/Cargo.toml
    python3 benches/compare.py --python VENV/bin/python

A round runs ESS and, right after it, its peers; a ratio is that of one round, so that what else the machine does falls on both.
A table has for each case the CPU time of ESS, the best peer's and whose it is, and how many times longer the peer takes: the
median of the rounds, the least and the most. Where an answer may miss items, the best of a peer is the fastest of its settings
that reach the recall, and so is that of ESS. Encoders have a row for each peer, in tokens per CPU-second, and ESS runs before
each of them. Figures are also kept as JSON beside the page, and the rounds of a run that was broken off are used again: --fresh
begins anew.

The questions graph and ivf-pq are about generated vectors, graph-real and ivf-pq-real about embeddings of real texts: SciFact's
51 309 sentences as items and its 1109 claims as queries, which `ess encode` encodes once for both, in a few CPU-minutes.
max-sim and token-search are about token vectors of its 5183 abstracts, and ask PyLate and fast-plaid, which need a torch of
their own (benches/peers/requirements_pylate.txt, --pylate-python). relations asks PyKEEN about the graph of --graph.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

from comparison.bench_questions import ABSTRACTS, BENCH_QUESTIONS, ROOT
from comparison.encode_question import EncodeQuestion
from comparison.page import page
from comparison.relations_question import RelationsQuestion
from comparison.sentence_questions import SENTENCE_QUESTIONS
from comparison.token_questions import TOKEN_QUESTIONS
from comparison.train_encoder_question import TrainEncoderQuestion

OF_ENCODERS = {"encode": EncodeQuestion(), "train-encoder": TrainEncoderQuestion()}
OF_RELATIONS = {"relations": RelationsQuestion()}
QUESTIONS = {**BENCH_QUESTIONS, **SENTENCE_QUESTIONS, **TOKEN_QUESTIONS, **OF_ENCODERS, **OF_RELATIONS}


def processor():
    """The processor's name, as the system has it, and what it may run of AVX and AMX."""
    name, flags = platform.processor() or platform.machine(), ""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
        name = re.search(r"model name\s*:\s*(.+)", text)[1]
        family, model = (re.search(rf"^{key}\s*:\s*(\d+)", text, re.MULTILINE)[1] for key in ("cpu family", "model"))
        known = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8") if f" {flag}" in text]
        flags = f"family {family}, model {model}, {', '.join(known)}"
    except (OSError, TypeError):
        pass
    return name, flags


def keep(path, measured):
    path.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n")
    path.with_suffix(".md").write_text(page(measured, QUESTIONS))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the peers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--questions", nargs="+", choices=list(QUESTIONS), default=list(QUESTIONS))
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs" / "results" / "speed")
    parser.add_argument("--note", help="what a reader of the page should know, such as what else ran; kept until another is given")
    parser.add_argument("--fresh", action="store_true", help="measure the questions anew that the file has")
    with_model = parser.add_argument_group(
        "graph-real, ivf-pq-real, max-sim, token-search, encode and train-encoder, which are skipped without a model"
    )
    with_model.add_argument("--ess", type=pathlib.Path, help="a release build of ess with the feature encoders; without it, cargo builds one")
    with_model.add_argument(
        "--model",
        type=pathlib.Path,
        default=os.environ.get("ESS_MINILM_DIR") or None,
        help="a sentence-transformers folder of the BERT family (default: ESS_MINILM_DIR)",
    )
    of_tokens = parser.add_argument_group("max-sim and token-search")
    of_tokens.add_argument("--token-items", type=int, default=ABSTRACTS, help="how many abstracts, spread over the corpus")
    of_tokens.add_argument("--pylate-python", help="the interpreter that has PyLate and fast-plaid, where it is another")
    of_relations = parser.add_argument_group("relations, which is skipped without a graph")
    of_relations.add_argument("--graph", type=pathlib.Path, help="a folder with train.txt, valid.txt and test.txt")
    of_relations.add_argument("--relation-batches", type=int, nargs="+", default=[64, 256, 1024], help="what is tried of PyKEEN")
    of_relations.add_argument("--relation-steps", type=int, default=6, help="how many of PyKEEN are timed, after one that is not")
    of_encoders = parser.add_argument_group("encode and train-encoder")
    of_encoders.add_argument("--beir", type=pathlib.Path, default=ROOT / "data" / "scifact", help="a BEIR folder with the texts")
    of_encoders.add_argument("--texts", type=int, default=128, help="encode: how many items, spread over the corpus")
    of_encoders.add_argument("--max-tokens", type=int, default=256, help="encode: texts are cut to so many")
    of_encoders.add_argument("--batches", type=int, nargs="+", default=[1, 4, 16, 32], help="encode: what is tried of each peer")
    of_encoders.add_argument(
        "--candle",
        type=pathlib.Path,
        default=ROOT / "benches" / "peers" / "candle" / "target" / "release" / "candle-encode",
        help="encode: candle's program, of benches/peers/candle",
    )
    of_encoders.add_argument("--steps", type=int, default=4, help="train-encoder: how many are counted, after one that is not")
    of_encoders.add_argument("--train-batch", type=int, default=32, help="train-encoder: queries of a step")
    of_encoders.add_argument("--train-tokens", type=int, default=128, help="train-encoder: texts are cut to so many")
    return parser.parse_args()


def ask(key, options, measured, commit, keep_measured):
    """The rounds of a question that the file has not yet."""
    question = QUESTIONS[key]
    if why := question.why_not(options):
        print(f"{key}: skipped, {why}")
        return
    made = {"commit": commit, "date": datetime.date.today().isoformat()}
    if asked := question.asked(options):
        made["asked"] = asked
    rounds = [] if options.fresh else measured["rounds"].get(key, [])
    # Rounds of other texts or another model say nothing of these.
    rounds = [one for one in rounds if one.get("asked") == asked]
    if len(rounds) >= options.rounds:
        return
    with tempfile.TemporaryDirectory() as folder, question.opened(options, pathlib.Path(folder)) as one_round:
        while len(rounds) < options.rounds:
            figures, notes = one_round()
            rounds.append({**made, "figures": figures, **({"notes": notes} if notes else {})})
            measured["rounds"][key] = rounds
            keep_measured()


def main():
    options = arguments()
    for place in ("ess", "model", "beir", "candle", "graph"):
        # Programs run in the repository's folder, wherever this one was started.
        setattr(options, place, getattr(options, place) and getattr(options, place).resolve())
    name, flags = processor()
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / (re.sub(r"[^a-z0-9]+", "-", f"{name} {flags.split(', avx')[0]}".lower()).strip("-") + ".json")
    measured = json.loads(path.read_text()) if path.exists() else {"rounds": {}}
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    if options.note is not None:
        measured["note"] = options.note
    measured |= {"processor": name, "flags": flags, "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as shared:
        # What several questions ask about is made once.
        options.shared = pathlib.Path(shared)
        for key in options.questions:
            ask(key, options, measured, commit, lambda: keep(path, measured))
    keep(path, measured)
    print(page(measured, QUESTIONS))


if __name__ == "__main__":
    main()
