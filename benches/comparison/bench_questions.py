"""Questions that a bench answers for ESS, and a script or several for its peers."""

import contextlib
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
# SciFact's, as benches/peers/scifact_texts.py cuts them.
ABSTRACTS, SENTENCES, CLAIMS = 5183, 51_309, 1109
# m x k x n, as in benches/benches/products.rs.
PRODUCTS = [
    *("512 x 384 x 384", "512 x 384 x 1536", "512 x 1536 x 384", "2048 x 384 x 1536"),
    *("64 x 384 x 8192", "1000 x 384 x 8192", "1024 x 384 x 5183", "128 x 384 x 57638"),
]
# A setting that just reaches .95 or .99 on one half of the queries may miss it on the other: then another of these counts.
TUNED_FOR = ["0.95", "0.955", "0.96", "0.99", "0.9925"]


class BenchQuestion:
    """A bench, its peers' scripts, and where Criterion keeps what: a case, its folder, and how many units it counts."""

    counts = about = None

    def __init__(self, title, bench, peers, criterion=None, recalls=(), bench_arguments=()):
        self.title, self.bench, self.peers = title, bench, peers
        self.criterion, self.recalls, self.bench_arguments = criterion or {}, recalls, list(bench_arguments)

    def why_not(self, _options):
        return None

    def asked(self, _options):
        return None

    def python(self, options):
        """The interpreter that has its peers."""
        return options.python

    @contextlib.contextmanager
    def opened(self, options, folder):
        yield lambda: (self.one_round(options, folder), [])

    def one_round(self, options, folder, **places):
        """The figures of a bench and, right after it, of its peers; their arguments may name the places."""
        places |= {"folder": str(folder), "run": str(folder / "ess.run")}
        os.environ["ESS_RUN_FILE"] = places["run"]
        figures = folder / "figures.jsonl"
        figures.unlink(missing_ok=True)
        run(
            ["cargo", "bench", "-p", "ess-benches", "--bench", self.bench, "--"]
            + fill(self.bench_arguments, places)
            + (["--noplot", "--warm-up-time", "1", "--measurement-time", "3"] if self.criterion else []),
            figures,
        )
        found = list(self.criterion_figures())
        for script, *arguments in self.peers:
            run([self.python(options), f"benches/peers/{script}", *fill(arguments, places)], figures)
        if figures.exists():
            found += [json.loads(line) for line in figures.read_text().splitlines()]
        return found

    def criterion_figures(self):
        for case, (folder, units) in self.criterion.items():
            path = TARGET / "criterion" / folder / "new" / "estimates.json"
            nanoseconds = json.loads(path.read_text())["median"]["point_estimate"]
            yield {"case": case, "who": "ESS", "seconds": nanoseconds / 1e9 / units, "recall": None}


def run(command, figures):
    environment = dict(os.environ, ESS_FIGURES=str(figures), RAYON_NUM_THREADS="1")
    print("+", *command, flush=True)
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def fill(arguments, places):
    return [argument.format(**places) for argument in arguments]


def steps(*shapes):
    return {f"{shape} step": (f"train_step/four_steps/{shape.replace(' ', '')}", 4) for shape in shapes}


BENCH_QUESTIONS = {
    "bm25": BenchQuestion(
        "BM25 over SciFact",
        "lexical_search",
        [["bm25s_search.py"], ["tantivy_search.py"]],
        {
            f"{texts}, {work}": (f"{count} {texts}/{folder}", units)
            for texts, count in {"abstracts": ABSTRACTS, "sentences": SENTENCES}.items()
            for work, folder, units in [("index", "index", 1), ("query", "search", CLAIMS)]
        },
    ),
    "readers": BenchQuestion(
        "Reading a run of 10 million lines",
        "readers",
        [["readers.py", "{run}"]],
        {"ids as texts": ("10M lines/read_run", 1)},
        bench_arguments=["read_run"],
    ),
    "measures": BenchQuestion(
        "Four measures on 10 000 queries × 1000 hits",
        "measures",
        [["pytrec_eval_measures.py"]],
        {"all": ("measures/10k queries x 1000 hits by id", 1)},
        bench_arguments=["by id"],
    ),
    "exact": BenchQuestion(
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
    "step": BenchQuestion(
        "A training step, d = 384",
        "train_step",
        [["train_step.py"]],
        steps("1024 x 5183", "128 x 57638", "8192 x 8192"),
        bench_arguments=["four_steps"],
    ),
    "products": BenchQuestion(
        "Matrix products in f32 by vector instructions",
        "products",
        [["products.py"]],
        {shape: (f"products/{shape.replace(' ', '')}", 1) for shape in PRODUCTS},
    ),
    "graph": BenchQuestion(
        "A graph over 30 000 × 384, k = 10, query",
        "graph_search",
        [["graph_search.py", "--folder", "{folder}"]],
        recalls=(0.95, 0.99),
        bench_arguments=["--export", "{folder}", "--recall", ",".join(TUNED_FOR)],
    ),
    "ivf-pq": BenchQuestion(
        "IVF-PQ over 30 000 × 384, k = 10, query",
        "quantised_search",
        [["quantised_search.py", "{folder}", "--recall", *TUNED_FOR]],
        recalls=(0.95, 0.99),
        bench_arguments=["--export", "{folder}", "--recall", ",".join(TUNED_FOR)],
    ),
}
