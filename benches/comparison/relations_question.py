"""A pass of training relations: `ess relations train` beside PyKEEN."""

import contextlib
import json

from . import ess_program
from .bench_questions import run
from .installed import missing

CASE = "ComplEx, 200 components, a pass"
SETTINGS = {
    "model": {"name": "complex", "dim": 200},
    "batch_size": 256,
    "learning_rate": 0.003,
    "counting": "queries",
    # Beyond any number of passes: one look at the valid triples, at the end, whose cost is the same after one pass and after two.
    "check_every": 1000,
}


class RelationsQuestion:
    title = "Training relations of a knowledge graph"
    counts, recalls = None, ()
    about = (
        "All entities compete as answers of each pair of head and relation, inverses counted, with a softmax and Adam. ESS takes "
        f"{SETTINGS['batch_size']} pairs a step; a pass is what two take beyond one. PyKEEN has several batches: of each a few "
        "steps are timed, after one that is not, and multiplied by the steps of a pass."
    )

    def why_not(self, options):
        if options.graph is None:
            return "--graph names no folder"
        if not (options.graph / "train.txt").exists():
            return f"{options.graph}: train.txt not found"
        lacks = missing(options.python, ["pykeen"])
        return f"{options.python} lacks {lacks}" if lacks else None

    def asked(self, options):
        with (options.graph / "train.txt").open(encoding="utf-8") as lines:
            triples = sum(1 for line in lines if line.strip())
        return f"{options.graph.name}, {triples} training triples"

    @contextlib.contextmanager
    def opened(self, options, folder):
        program = ess_program.program(options)
        (folder / "settings.json").write_text(json.dumps(SETTINGS))
        yield lambda: (one_round(options, folder, program), [])


def one_round(options, folder, program):
    def ess(passes):
        command = [program, "relations", "train", "--graph", options.graph, "--settings", folder / "settings.json"]
        return ess_program.cpu_seconds([*command, "--epochs", passes, "--out", folder / f"{passes}.relations", "--quiet"])

    figures = folder / "figures.jsonl"
    figures.unlink(missing_ok=True)
    first = ess(1)
    found = [{"case": CASE, "who": "ESS", "seconds": ess(2) - first, "recall": None}]
    command = [options.python, "benches/peers/relation_training.py", str(options.graph), "--case", CASE]
    command += ["--model", SETTINGS["model"]["name"], "--dim", str(SETTINGS["model"]["dim"])]
    batches = [str(batch) for batch in options.relation_batches]
    run([*command, "--batch", *batches, "--steps", str(options.relation_steps)], figures)
    return found + [json.loads(line) for line in figures.read_text(encoding="utf-8").splitlines()]
