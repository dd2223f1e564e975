"""The steps of `ess train-encoder` beside those of sentence-transformers, in tokens per CPU-second."""

import contextlib
import json
import os
import shutil
import subprocess

from . import ess_program
from .beir_sample import shown_folder, write_judged
from .bench_questions import ROOT
from .installed import missing
from .model_folder import shown_model, why_no_model
from .peer_worker import THREADS

DEV_QUERIES = 8
# Beyond any number of steps: one look at dev, at the end, whose cost is the same after few steps and after many.
SETTINGS = {"evaluate_every": 1_000_000}


class TrainEncoderQuestion:
    title = "Training a sentence encoder"
    counts, recalls = "tokens", ()
    about = (
        "One positive and one negative a query. Steps are counted but for the first: of ESS that is what a run of all steps takes "
        "beyond a run of one, so that loading, mining and looks at dev are taken off, as they are of the peer."
    )

    def why_not(self, options):
        if not (options.beir / "qrels" / "train.tsv").exists():
            return f"{options.beir}: qrels/train.tsv not found"
        return why_no_model(options)

    def asked(self, options):
        steps = f"{options.steps} steps of {options.train_batch} queries, at most {options.train_tokens} tokens a text"
        return f"{steps}, {shown_folder(options.beir)}; {shown_model(options.model)}"

    @contextlib.contextmanager
    def opened(self, options, folder):
        training = Training(options, folder)
        yield lambda: (training.one_round(), training.notes)


class Training:
    def __init__(self, options, folder):
        self.options, self.folder, self.notes = options, folder, []
        self.program = ess_program.program(options)
        # Two epochs' worth of queries, so that a step has other texts than the one before.
        write_judged(folder / "beir", options.beir, 2 * options.train_batch, DEV_QUERIES, 4 * options.train_batch)
        (folder / "settings.json").write_text(json.dumps(SETTINGS))
        lacks = missing(options.python, ["torch", "sentence_transformers"])
        if lacks:
            self.notes.append(f"sentence-transformers is left out: {lacks} is not installed")
        self.is_there = not lacks

    def ess(self, steps):
        """The CPU time of a run, and the tokens that its steps have gone through."""
        beir, out, report = self.folder / "beir", self.folder / "trained", self.folder / "report.json"
        shutil.rmtree(out, ignore_errors=True)
        command = [self.program, "train-encoder", "--model", self.options.model, "--beir", beir, "--out", out, "--quiet"]
        command += ["--train", beir / "qrels" / "train.tsv", "--dev", beir / "qrels" / "dev.tsv", "--json", report]
        command += ["--settings", self.folder / "settings.json", "--batch-size", self.options.train_batch]
        command += ["--max-tokens", self.options.train_tokens, "--max-steps", steps]
        seconds = ess_program.cpu_seconds(command)
        return seconds, json.loads(report.read_text(encoding="utf-8"))["step_tokens"]

    def ess_seconds_of_a_token(self):
        (first, of_first), (all_steps, of_all) = self.ess(1), self.ess(1 + self.options.steps)
        return ess_program.seconds_of_a_token(all_steps - first, of_all - of_first)

    def peer(self):
        """The peer's report: who, CPU time and tokens of the steps but the first."""
        command = [self.options.python, "benches/peers/encoder_training.py", self.options.model, self.folder / "beir"]
        command += ["--steps", 1 + self.options.steps, "--uncounted", 1]
        command += ["--batch", self.options.train_batch, "--tokens", self.options.train_tokens]
        command = [str(part) for part in command]
        print("+", *command, flush=True)
        environment = dict(os.environ, **dict.fromkeys(THREADS, "1"))
        said = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
        return json.loads(said.splitlines()[-1])

    def one_round(self):
        if not self.is_there:
            return []
        case = "a step, beside sentence-transformers"
        ours, peer = self.ess_seconds_of_a_token(), self.peer()
        theirs = 1 / peer["tokens_per_cpu_second"]
        return [
            {"case": case, "who": "ESS", "seconds": ours, "recall": None},
            {"case": case, "who": peer["who"], "seconds": theirs, "recall": None},
        ]
