"""Draws quality.svg, nDCG@10 against CPU-seconds on SciFact's official split, from the tables of docs/results.

`python3 docs/pictures/quality.py` writes the picture; with `--check` it fails where the picture is not what the tables say.
The tables are printed by `ess compare modules` (modules.md), `ess compare auto` (auto.md) and kept in peers.json. Needs no package.
"""

import html
import json
import math
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
RESULTS = HERE.parent / "results"
COLUMN = "SciFact official"
# Words stay readable where a line runs through them.
HALO = 'stroke="white" stroke-width="3" paint-order="stroke"'
# Width, height, and the plot's left, top, right and bottom edge.
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 420, 64, 34, 744, 366
SECONDS, NDCG = (1, 1000), (0.60, 0.94)


def rows(file, first):
    """The cells of the table whose heading begins with `first`, a dictionary a row."""
    lines = iter((RESULTS / file).read_text().splitlines())
    cells = lambda line: [cell.strip() for cell in line.strip().strip("|").split("|")]
    heading = next(cells(line) for line in lines if line.startswith(f"| {first}"))
    # Headings may stand twice: "difference" to the frozen encoder does.
    heading = [f"{name} {place}" if name in heading[:place] else name for place, name in enumerate(heading)]
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return
        yield dict(zip(heading, cells(line)))


def number(text):
    return float(re.search(r"[-+]?\d*\.?\d+", text.replace("*", "")).group())


def interval(text):
    return [float(end) for end in re.search(r"\[([^,\]]+), ([^\]]+)\]", text).groups()]


def systems():
    """The frozen encoder's nDCG@10, and of each system: name, CPU-seconds, nDCG@10, interval of the difference or None."""
    modules = {row["system"]: row for row in rows("modules.md", "system")}
    frozen = number(modules["frozen"][COLUMN])
    named = {
        "item offsets, refitted": "item offsets (moves the items)",
        "softmax_ridge": "softmax ridge",
        "linear": "linear module",
        "linear, refitted": "linear, refitted on train and dev",
        "ensemble": "ensemble",
    }
    drawn = []
    for row, name in named.items():
        value = modules[row][COLUMN]
        drawn.append((name, number(modules[row]["CPU-s"]), number(value), interval(value)))
    auto = next(row for row in rows("auto.md", "data") if row["data (test queries)"].startswith(COLUMN))
    differences = [auto[heading] for heading in auto if heading.startswith("difference")]
    seconds = number(auto["CPU-s"])
    for name, column, difference in zip(["embedding", "embedding and text"], ["dense", "hybrid"], differences):
        drawn.append((f"auto, by {name}", seconds, number(auto[column]), interval(difference)))
    for peer in json.loads((RESULTS / "auto_peers.json").read_text()):
        drawn.append(("fine-tuning the encoder for one epoch, items embedded again", peer["cpu_seconds"], peer["ndcg"], None))
    bm25 = next(peer for peer in json.loads((RESULTS / "peers.json").read_text()) if peer["name"].startswith("BM25"))
    return frozen, bm25["ndcg"][COLUMN], drawn


def across(seconds):
    low, high = (math.log10(end) for end in SECONDS)
    return LEFT + (RIGHT - LEFT) * (math.log10(seconds) - low) / (high - low)


def down(ndcg):
    return BOTTOM - (BOTTOM - TOP) * (ndcg - NDCG[0]) / (NDCG[1] - NDCG[0])


def text(x, y, words, anchor="start", size=13, more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{more} {HALO}>{html.escape(words)}</text>'


def line(x1, y1, x2, y2, more):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="black" {more}/>'


def short(value):
    return f"{value:.3f}".lstrip("0")


def axes():
    yield f'<rect x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" height="{BOTTOM - TOP}" fill="none" stroke="black"/>'
    for seconds in (1, 3, 10, 30, 100, 300, 1000):
        yield line(across(seconds), BOTTOM, across(seconds), BOTTOM + 5, "")
        yield text(across(seconds), BOTTOM + 20, str(seconds), "middle")
    for tenth in range(60, 95, 5):
        yield line(LEFT - 5, down(tenth / 100), LEFT, down(tenth / 100), "")
        yield text(LEFT - 9, down(tenth / 100) + 4, f".{tenth}", "end")
    yield text((LEFT + RIGHT) / 2, HEIGHT - 14, "CPU-seconds of training or choosing (logarithmic)", "middle")
    middle = (TOP + BOTTOM) / 2
    yield text(16, middle, "nDCG@10 on test queries", "middle", more=f' transform="rotate(-90 16 {middle})"')
    yield text(LEFT, 20, "SciFact, official split: quality against cost", size=15, more=' font-weight="bold"')


# Where a name stands beside its mark.
BELOW = {"linear module", "ensemble"}
BEFORE = {"softmax ridge", "fine-tuning the encoder for one epoch, items embedded again", "auto, by embedding and text"}


def bar(seconds, around, frozen):
    low, high = (down(frozen + end) for end in around)
    return line(across(seconds), low, across(seconds), high, 'opacity="0.55"')


def mark(name, seconds, ndcg):
    x, y = across(seconds), down(ndcg)
    if name.startswith("auto"):
        yield f'<rect x="{x - 5.5:.1f}" y="{y - 5.5:.1f}" width="11" height="11" fill="black"/>'
    elif name.startswith("fine-tuning"):
        points = f"{x:.1f},{y - 7:.1f} {x - 7:.1f},{y + 5:.1f} {x + 7:.1f},{y + 5:.1f}"
        yield f'<polygon points="{points}" fill="white" stroke="black" stroke-width="1.5"/>'
    else:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" fill="black"/>'
    words = f"{name} {short(ndcg)}"
    if name in BEFORE:
        yield text(x - 11, y + 4, words, "end")
    else:
        yield text(x + 9, y + (16 if name in BELOW else -5), words)


def picture():
    frozen, bm25, drawn = systems()
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="Helvetica, Arial, sans-serif" role="img">',
        "<title>nDCG@10 on SciFact against CPU-seconds</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *axes(),
    ]
    for name, ndcg, dashes, beside in [("frozen encoder", frozen, "7 4", 14), ("BM25", bm25, "2 3", -5)]:
        parts.append(line(LEFT, down(ndcg), RIGHT, down(ndcg), f'stroke-dasharray="{dashes}"'))
        parts.append(text(LEFT + 8, down(ndcg) + beside, f"{name} {short(ndcg)}"))
    parts.extend(bar(seconds, around, frozen) for _, seconds, _, around in drawn if around)
    for name, seconds, ndcg, _ in drawn:
        parts.extend(mark(name, seconds, ndcg))
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    file = HERE / "quality.svg"
    if "--check" not in sys.argv:
        file.write_text(picture())
    elif file.read_text() != picture():
        sys.exit(f"{file} is not what the tables say: run python3 docs/pictures/quality.py")
