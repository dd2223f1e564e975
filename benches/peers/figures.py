"""How a peer's script hands its figures to benches/compare.py: a line of JSON each, in the file that ESS_FIGURES names."""

import json
import os


def figure(case, who, seconds, recall=None):
    """What one unit of a case (a query, an index, a step) takes, in CPU-seconds, and the recall reached where there is one."""
    path = os.environ.get("ESS_FIGURES")
    if path:
        line = {"case": case, "who": who, "seconds": seconds, "recall": recall}
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
