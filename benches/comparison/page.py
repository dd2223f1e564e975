"""The page of a processor, made of the figures of all rounds."""

import statistics
import textwrap

# Settings are chosen on one half of the queries and measured on the other.
TOLERANCE = 0.003


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


def shown(seconds, counts):
    """The time of a unit, or how many units a CPU-second has where a question counts them."""
    if counts:
        return f"{1 / seconds:.0f}"
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
            ours = shown(statistics.median(ours["seconds"] for ours, _ in pairs), question.counts)
            peer = shown(statistics.median(peer["seconds"] for _, peer in pairs), question.counts)
            who = statistics.mode(peer["who"] for _, peer in pairs)
            spread = f" ({ratios[0]:.2f} to {ratios[-1]:.2f})" if len(ratios) > 1 else ""
            yield f"| {name} | {ours} | {peer} | {who} | {middle:.2f}{spread} |"


def section(question, rounds, processor):
    made = ", ".join(dict.fromkeys(f"{one['commit']} on {one['date']}" for one in rounds))
    lines = ["", f"## {question.title}", "", f"Rounds: {len(rounds)}, of {made}."]
    for asked in dict.fromkeys(one["asked"] for one in rounds if "asked" in one):
        lines += textwrap.wrap(f"{asked}.", 126)
    if question.about:
        lines += ["", *textwrap.wrap(question.about, 126)]
    found = list(rows(question, [one["figures"] for one in rounds]))
    if found:
        unit = f", {question.counts} per CPU-second" if question.counts else ""
        of_peer = "peer" if question.counts else "best peer"
        lines += ["", f"| {processor} | ESS{unit} | {of_peer}{unit} | which | peer / ESS |", "|---|---|---|---|---|", *found]
    notes = dict.fromkeys(note for one in rounds for note in one.get("notes", []))
    return lines + ([""] if notes else []) + [f"- {note}" for note in notes]


def page(measured, questions):
    name, flags = measured["processor"], measured["flags"]
    lines = [
        f"# Speed on {name}",
        "",
        f"{name} ({flags}), {measured['cores']} cores, one thread of them, in CPU time; written by `benches/compare.py`. A ratio",
        "above 1 says how many times longer the best peer takes: median of the rounds (least to most).",
    ]
    if measured.get("note"):
        lines += ["", measured["note"]]
    processor = f"{name}, {flags.split(', a')[0]}" if flags else name
    for key, rounds in measured["rounds"].items():
        lines += section(questions[key], rounds, processor)
    return "\n".join(lines) + "\n"
