"""The matrix products of benches/products.rs in PyTorch (MKL on Intel) and numpy (OpenBLAS), on one thread, in CPU-seconds.

    pip install torch numpy
    python benches/peers/products.py

Both pack the right side within each product. torch is kept at f32: neither bfloat16 nor the tile unit is allowed to it.
"""

import os

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import statistics
import time

import numpy
import torch
from figures import figure

torch.set_num_threads(1)
torch.set_float32_matmul_precision("highest")
SHAPES = [
    (512, 384, 384),
    (512, 384, 1536),
    (512, 1536, 384),
    (2048, 384, 1536),
    (64, 384, 8192),
    (1000, 384, 8192),
    (1024, 384, 5183),
    (128, 384, 57638),
]
LEAST_SECONDS = 0.2


def seconds(work):
    work()
    start = time.process_time()
    work()
    repeats = max(1, int(LEAST_SECONDS / 5 / max(time.process_time() - start, 1e-6)))
    taken = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(repeats):
            work()
        taken.append((time.process_time() - start) / repeats)
    return statistics.median(taken)


for m, k, n in SHAPES:
    left, right = torch.rand(m, k) - 0.5, torch.rand(n, k) - 0.5
    out = torch.empty(m, n)
    rows, columns, found = left.numpy(), right.numpy().T, out.numpy()
    for who, work in [
        (f"torch {torch.__version__}", lambda: torch.mm(left, right.T, out=out)),
        (f"numpy {numpy.__version__}", lambda: numpy.matmul(rows, columns, out=found)),
    ]:
        taken = seconds(work)
        print(f"{m} x {k} x {n}, {who}: {2 * m * k * n / taken / 1e9:.1f} GFLOP/s")
        figure(f"{m} x {k} x {n}", who, taken)
