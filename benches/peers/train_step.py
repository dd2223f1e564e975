"""The training step of benches/train_step.rs in PyTorch: the same shapes and recipe, on one thread, in CPU-seconds.

    pip install torch numpy
    python benches/peers/train_step.py
"""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import time

import torch
from figures import figure

torch.set_num_threads(1)
DIM, STEPS, SCALE = 384, 4, 30.0
SHAPES = [(1024, 5183), (128, 57638), (8192, 8192)]


def four_steps(queries, items, relevant):
    layer = torch.nn.Linear(DIM, DIM)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=1e-3, weight_decay=20.0)
    for _ in range(STEPS):
        optimizer.zero_grad()
        logits = SCALE * (queries + layer(queries)) @ items.T
        torch.nn.functional.cross_entropy(logits, relevant).backward()
        torch.nn.utils.clip_grad_norm_(layer.parameters(), 1.0)
        optimizer.step()


for n, m in SHAPES:
    queries = torch.nn.functional.normalize(torch.rand(n, DIM) - 0.5)
    items = torch.nn.functional.normalize(torch.rand(m, DIM) - 0.5)
    relevant = torch.arange(n) * (m // n)
    four_steps(queries, items, relevant)
    times = []
    for _ in range(5):
        start = time.process_time()
        four_steps(queries, items, relevant)
        times.append((time.process_time() - start) / STEPS)
    print(f"{n} x {m}: {sorted(times)[2]:.4f} CPU-s a step (torch {torch.__version__})")
    figure(f"{n} x {m} step", f"torch {torch.__version__}", sorted(times)[2])
