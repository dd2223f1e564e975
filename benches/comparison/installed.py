"""What an interpreter has."""

import subprocess


def missing(python, names):
    """Those of the modules that it has not, as one text."""
    asks = f"import importlib.util as u; print(*(n for n in {tuple(names)} if not u.find_spec(n)))"
    return subprocess.run([python, "-c", asks], capture_output=True, text=True, check=True).stdout.strip()
