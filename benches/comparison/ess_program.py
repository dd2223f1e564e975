"""The program `ess`: where it is, and the CPU time of a run of it."""

import os
import subprocess

from .bench_questions import ROOT, TARGET


def program(options):
    """The path of `--ess`, or of what cargo builds."""
    if options.ess:
        return options.ess
    subprocess.run(["cargo", "build", "--release", "-p", "ess-cli", "--features", "encoders"], cwd=ROOT, check=True)
    return TARGET / "release" / "ess"


def cpu_seconds(command):
    """What a run takes on one thread, its start counted."""
    command = [str(part) for part in command]
    print("+", *command, flush=True)
    process = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ, RAYON_NUM_THREADS="1"), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def encode(program, model, beir, out, *flags):
    """The CPU time of `ess encode`, whose stores are in f32."""
    command = [program, "encode", "--model", model, "--beir", beir, "--out", out]
    return cpu_seconds([*command, *flags, "--dtype", "f32", "--quiet"])


def seconds_of_a_token(seconds, tokens):
    """The seconds of a token, of the difference between a long run and a short one."""
    if seconds <= 0 or tokens <= 0:
        raise SystemExit(f"{tokens} tokens more took {seconds:.3f} CPU-seconds more: too few to be measured")
    return seconds / tokens
