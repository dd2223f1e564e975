"""Writes fusion.json and calibration.json beside this script.

    python3 -m venv VENV && VENV/bin/pip install ranx==0.3.21 scikit-learn==1.9.1
    VENV/bin/python regenerate_fusion_and_calibration.py

Where the values come from:
- fusion: ranx, over runs without ties (ranx leaves their order open). With z-scores ("zmuv" in ranx) all runs have the same
  items, since ranx gives an item that a run lacks 0, the mean, where ESS gives it the run's lowest score.
- Brier score: scikit-learn's brier_score_loss. Bins of equal width: its calibration_curve, and the calibration error from those
  bins by the definition. Bins of equal mass: the definition in few lines, on probabilities without ties.
"""

import json
import pathlib
import random

import numpy as np
import ranx
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

HERE = pathlib.Path(__file__).parent


def make_runs(rng, same_items):
    items = [f"d{i}" for i in range(30)]
    runs = []
    for _ in range(3):
        scale, shift = rng.uniform(0.5, 20), rng.uniform(-5, 5)
        run = {}
        for query in range(8):
            found = items[:12] if same_items else rng.sample(items, rng.randint(2, 15))
            # Multiples of 1/1024 are the same in 32 and 64 bits.
            scores = rng.sample(range(-2048, 8192), len(found))
            run[f"q{query}"] = {item: round((score * scale / 8 + shift)) / 1024 for item, score in zip(found, scores)}
            assert len(set(run[f"q{query}"].values())) == len(found)
        runs.append(run)
    return runs


def fused(runs, norm, method, **parameters):
    run = ranx.fuse(runs=[ranx.Run(run) for run in runs], norm=norm, method=method, params=parameters or None)
    return {query: dict(hits) for query, hits in run.to_dict().items()}


def fusion(rng):
    cases = []
    for same_items in [False, True]:
        runs = make_runs(rng, same_items)
        add = lambda fusion, values: cases.append({"fusion": fusion, "runs": runs, "values": values})
        norms = {"none": None, "min_max": "min-max"} | ({"z_score": "zmuv"} if same_items else {})
        for name, norm in norms.items():
            add({"comb_sum": {"normalization": name}}, fused(runs, norm, "sum"))
            add({"comb_mnz": {"normalization": name}}, fused(runs, norm, "mnz"))
            weights = [0.5, 0.3, 0.2]
            values = fused(runs, norm, "wsum", weights=weights)
            add({"weighted_sum": {"normalization": name, "weights": weights}}, values)
        add({"reciprocal_rank": {"k": 60.0}}, fused(runs, None, "rrf", k=60))
    return cases


def error(bins):
    total = sum(count for count, _, _ in bins)
    return sum(count * abs(probability - share) for count, probability, share in bins) / total


def calibration(rng):
    cases = []
    for count in [1, 10, 1000]:
        probabilities = [rng.random() for _ in range(count)]
        relevant = [rng.random() < p**2 for p in probabilities]
        p, y = np.array(probabilities), np.array(relevant)
        brier = brier_score_loss(y, p) if count > 1 else float((p[0] - y[0]) ** 2)
        equal_width, equal_mass = {}, {}
        for bins in [1, 5, 15]:
            shares, means = calibration_curve(y, p, n_bins=bins, pos_label=True) if count > 1 else (y.astype(float), p)
            edges = np.linspace(0, 1, bins + 1)
            counts = np.bincount(np.searchsorted(edges[1:-1], p), minlength=bins)
            equal_width[bins] = error(list(zip(counts[counts > 0], means, shares)))
            ends = [-(-(i * count) // bins) for i in range(bins + 1)]
            order = np.argsort(p)
            parts = [order[a:b] for a, b in zip(ends, ends[1:]) if b > a]
            equal_mass[bins] = error([(len(part), p[part].mean(), y[part].mean()) for part in parts])
        cases.append(
            {
                "probabilities": probabilities,
                "relevant": relevant,
                "brier": float(brier),
                "equal_width": {k: float(v) for k, v in equal_width.items()},
                "equal_mass": {k: float(v) for k, v in equal_mass.items()},
            }
        )
    return cases


def write(name, document):
    text = json.dumps(document, separators=(",", ":"), sort_keys=True)
    (HERE / name).write_text(text.replace("},", "},\n") + "\n")


write("fusion.json", fusion(random.Random(5)))
write("calibration.json", calibration(random.Random(6)))
