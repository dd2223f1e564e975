"""A peer's program that has the model and the texts in memory, and encodes them whenever it is asked to.

It is asked by a line of JSON, `{"batch": 4, "save": PATH or null}`, and answers by one, `{"seconds": CPU time}`. Its first line
says who it is and how many tokens each text has, `{"name": …, "tokens": […]}`, or what is missing, `{"missing": …}`.
"""

import contextlib
import json
import os
import subprocess

from .bench_questions import ROOT

THREADS = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"]


class PeerWorker:
    """The process; `missing` says why there is none."""

    def __init__(self, command):
        self.command = [str(part) for part in command]
        environment = dict(os.environ, TOKENIZERS_PARALLELISM="false", **dict.fromkeys(THREADS, "1"))
        print("+", *self.command, flush=True)
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        # A library that is installed and does not work here is no reason to leave the others out.
        first = json.loads(line) if line else {"missing": f"its program ended with exit status {self.process.wait()}"}
        self.missing = first.get("missing")
        self.name, self.tokens = first.get("name"), first.get("tokens")

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{' '.join(self.command)}: ended without an answer, exit status {self.process.wait()}")
        return json.loads(line)

    def seconds(self, batch, save=None):
        """The CPU time of all texts, tokenizing counted."""
        self.process.stdin.write(json.dumps({"batch": batch, "save": save and str(save)}) + "\n")
        self.process.stdin.flush()
        return self.answer()["seconds"]

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
