"""Runs the benches of ESS and the scripts of their peers in turns, and writes docs/results/speed/PROCESSOR.md.

    python3 -m venv VENV && VENV/bin/pip install -r benches/peers/requirements.txt
    python3 benches/compare.py --python VENV/bin/python

Each round runs a bench and, right after it, its peers; a ratio is that of one round, so that what else the machine does falls
on both. A table has for each case the CPU time of ESS, the best peer's and whose it is, and how many times longer the peer
takes: the median of the rounds, the least and the most. Where an answer may miss items, the best of a peer is the fastest of
its settings that reach the recall, and so is that of ESS. Figures are also kept as JSON beside the page, and the rounds of a
run that was broken off are used again: --fresh begins anew.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
CLAIMS = 1109
# Settings are chosen on one half of the queries and measured on the other.
TOLERANCE = 0.003


class Question:
    """A bench, its peers' scripts, and where Criterion keeps what: a case, its folder, and how many units it counts."""

    def __init__(self, title, bench, peers, criterion=None, recalls=(), bench_arguments=()):
        self.title, self.bench, self.peers = title, bench, peers
        self.criterion, self.recalls, self.bench_arguments = criterion or {}, recalls, list(bench_arguments)


def steps(*shapes):
    return {f"{shape} step": (f"train_step/four_steps/{shape.replace(' ', '')}", 4) for shape in shapes}


QUESTIONS = {
    "bm25": Question(
        "BM25 over SciFact",
        "lexical_search",
        [["bm25s_search.py"], ["tantivy_search.py"]],
        {
            f"{texts}, {work}": (f"{count} {texts}/{folder}", units)
            for texts, count in {"abstracts": 5183, "sentences": 51309}.items()
            for work, folder, units in [("index", "index", 1), ("query", "search", CLAIMS)]
        },
    ),
    "readers": Question(
        "Reading a run of 10 million lines",
        "readers",
        [["readers.py", "{run}"]],
        {"ids as texts": ("10M lines/read_run", 1)},
        bench_arguments=["read_run"],
    ),
    "measures": Question(
        "Four measures on 10 000 queries × 1000 hits",
        "measures",
        [["pytrec_eval_measures.py"]],
        {"all": ("measures/10k queries x 1000 hits by id", 1)},
        bench_arguments=["by id"],
    ),
    "exact": Question(
        "Exact search, 100 000 × 384, k = 10",
        "flat_search",
        [["flat_search.py"]],
        {
            f"{storage}, batch of {batch}, query": (f"flat_search_{storage}/batch/{batch}", batch)
            for storage in ("f32", "f16")
            for batch in (1, 8, 64, 1000)
        },
        bench_arguments=["f(32|16)/batch"],
    ),
    "step": Question(
        "A training step, d = 384",
        "train_step",
        [["train_step.py"]],
        steps("1024 x 5183", "128 x 57638", "8192 x 8192"),
        bench_arguments=["four_steps"],
    ),
    "encode": Question(
        "Encoding 128 items of SciFact with all-MiniLM-L6-v2",
        "encode",
        [["encode.py", "{model}"]],
        {"items": ("encode/transformer", 1), "items, int8": ("encode/transformer_int8", 1)},
        bench_arguments=["transformer(_int8)?$"],
    ),
    "graph": Question(
        "A graph over 30 000 × 384, k = 10, query",
        "graph_search",
        [["graph_search.py", "--folder", "{folder}"]],
        recalls=(0.95, 0.99),
        bench_arguments=["--export", "{folder}", "--recall", "0.95,0.99"],
    ),
    "ivf-pq": Question(
        "IVF-PQ over 30 000 × 384, k = 10, query",
        "quantised_search",
        [["quantised_search.py", "{folder}", "--recall", "0.95", "0.99"]],
        recalls=(0.95, 0.99),
        bench_arguments=["--export", "{folder}", "--recall", "0.95,0.99"],
    ),
}


def processor():
    """The processor's name, as the system has it, and what it may run of AVX."""
    name, flags = platform.processor() or platform.machine(), ""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
        name = re.search(r"model name\s*:\s*(.+)", text)[1]
        family, model = (re.search(rf"^{key}\s*:\s*(\d+)", text, re.MULTILINE)[1] for key in ("cpu family", "model"))
        known = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16") if f" {flag}" in text]
        flags = f"family {family}, model {model}, {', '.join(known)}"
    except (OSError, TypeError):
        pass
    return name, flags


def run(command, figures):
    environment = dict(os.environ, ESS_FIGURES=str(figures), RAYON_NUM_THREADS="1")
    print("+", *command, flush=True)
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def fill(arguments, places):
    return [argument.format(**places) for argument in arguments]


def criterion_figures(question):
    for case, (folder, units) in question.criterion.items():
        path = TARGET / "criterion" / folder / "new" / "estimates.json"
        nanoseconds = json.loads(path.read_text())["median"]["point_estimate"]
        yield {"case": case, "who": "ESS", "seconds": nanoseconds / 1e9 / units, "recall": None}


def one_round(question, options, folder):
    """The figures of a bench and, right after it, of its peers."""
    places = {"folder": str(folder), "run": str(folder / "ess.run"), "model": os.environ.get("ESS_MINILM_DIR", "")}
    os.environ["ESS_RUN_FILE"] = places["run"]
    figures = folder / "figures.jsonl"
    figures.unlink(missing_ok=True)
    run(
        ["cargo", "bench", "-p", "ess-benches", "--bench", question.bench, "--"]
        + fill(question.bench_arguments, places)
        + ([] if question.recalls else ["--noplot", "--warm-up-time", "1", "--measurement-time", "3"]),
        figures,
    )
    found = list(criterion_figures(question))
    for script, *arguments in question.peers:
        run([options.python, f"benches/peers/{script}", *fill(arguments, places)], figures)
    if figures.exists():
        found += [json.loads(line) for line in figures.read_text().splitlines()]
    return found


def best(figures, case, recall, ours):
    """The fastest of ESS or of its peers; those of a peer that miss the recall do not count."""
    fit = [
        figure
        for figure in figures
        if figure["case"] == case
        and (figure["who"] == "ESS") == ours
        and (recall is None or figure["recall"] is not None and figure["recall"] >= recall - TOLERANCE)
    ]
    return min(fit, key=lambda figure: figure["seconds"], default=None)


def shown(seconds):
    for unit, size in [("s", 1), ("ms", 1e-3)]:
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def rows(question, rounds):
    cases = {figure["case"]: None for figures in rounds for figure in figures if figure["who"] == "ESS"}
    for case in cases:
        for recall in question.recalls or [None]:
            pairs = [(best(figures, case, recall, True), best(figures, case, recall, False)) for figures in rounds]
            pairs = [(ours, peer) for ours, peer in pairs if ours and peer]
            name = case if recall is None else f"{case}, recall {recall}"
            if not pairs:
                yield f"| {name} | not reached, or no peer | | | |"
                continue
            ratios = sorted(peer["seconds"] / ours["seconds"] for ours, peer in pairs)
            middle = statistics.median(ratios)
            ours = statistics.median(ours["seconds"] for ours, _ in pairs)
            peer = statistics.median(peer["seconds"] for _, peer in pairs)
            who = statistics.mode(peer["who"] for _, peer in pairs)
            spread = f" ({ratios[0]:.2f} to {ratios[-1]:.2f})" if len(ratios) > 1 else ""
            yield f"| {name} | {shown(ours)} | {shown(peer)} | {who} | {middle:.2f}{spread} |"


def page(measured):
    name, flags = measured["processor"], measured["flags"]
    lines = [
        f"# Speed on {name}",
        "",
        f"{name} ({flags}), {measured['cores']} cores, one thread of them, in CPU time; written by `benches/compare.py`. A ratio",
        "above 1 says how many times longer the best peer takes: median of the rounds (least to most).",
    ]
    if measured.get("note"):
        lines += ["", measured["note"]]
    for key, rounds in measured["rounds"].items():
        question = QUESTIONS[key]
        made = ", ".join(dict.fromkeys(f"{one['commit']} on {one['date']}" for one in rounds))
        lines += ["", f"## {question.title}", "", f"Rounds: {len(rounds)}, of {made}.", ""]
        figures = [one["figures"] for one in rounds]
        lines += ["| | ESS | best peer | which | peer / ESS |", "|---|---|---|---|---|", *rows(question, figures)]
    return "\n".join(lines) + "\n"


def keep(path, measured):
    path.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n")
    path.with_suffix(".md").write_text(page(measured))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the peers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--questions", nargs="+", choices=list(QUESTIONS), default=list(QUESTIONS))
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs" / "results" / "speed")
    parser.add_argument("--note", help="what a reader of the page should know, such as what else ran; kept until another is given")
    parser.add_argument("--fresh", action="store_true", help="measure the questions anew that the file has")
    options = parser.parse_args()
    name, flags = processor()
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / (re.sub(r"[^a-z0-9]+", "-", f"{name} {flags.split(', avx')[0]}".lower()).strip("-") + ".json")
    measured = json.loads(path.read_text()) if path.exists() else {"rounds": {}}
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    if options.note is not None:
        measured["note"] = options.note
    measured |= {"processor": name, "flags": flags, "cores": os.cpu_count()}
    for key in options.questions:
        rounds = [] if options.fresh else measured["rounds"].get(key, [])
        if key == "encode" and "ESS_MINILM_DIR" not in os.environ:
            print("encode: skipped, ESS_MINILM_DIR is not set")
            continue
        with tempfile.TemporaryDirectory() as folder:
            while len(rounds) < options.rounds:
                figures = one_round(QUESTIONS[key], options, pathlib.Path(folder))
                rounds.append({"commit": commit, "date": datetime.date.today().isoformat(), "figures": figures})
                measured["rounds"][key] = rounds
                keep(path, measured)
    keep(path, measured)
    print(page(measured))


main()
