"""Times training of relations by PyKEEN, one thread: all entities as answers of a pair of head and relation.

The peer of `ess relations train`: the same triples and their inverses, model, components, batch and Adam, softmax over all
entities with a pair's tails sharing the target. PyKEEN counts components of ComplEx and RotatE in complex numbers, of which
one is two of ours. Whole passes are timed, or with `--steps` so many steps after one that is not, times the steps of a pass.

    pip install pykeen==1.11.1
    OMP_NUM_THREADS=1 python benches/peers/relation_training.py GRAPH_DIR --model complex --dim 200 --batch 64 256 1024 --steps 8
    RAYON_NUM_THREADS=1 ess relations train --graph GRAPH_DIR --settings FILE --epochs 2 --out OUT --json -
"""

import argparse
import os
import pathlib
import time

from figures import figure

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("graph", type=pathlib.Path)
parser.add_argument("--model", default="complex", choices=["complex", "dist_mult", "simple"])
parser.add_argument("--dim", type=int, default=200)
parser.add_argument("--batch", type=int, nargs="+", default=[256])
parser.add_argument("--rate", type=float, default=0.003)
parser.add_argument("--passes", type=int, default=2)
parser.add_argument("--steps", type=int, help="time so many steps in place of whole passes")
parser.add_argument("--case", default="a pass", help="what figures are called")
arguments = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = "1"

import pykeen.version  # noqa: E402
import torch  # noqa: E402
from pykeen.models import ComplEx, DistMult, SimplE  # noqa: E402
from pykeen.training import LCWATrainingLoop  # noqa: E402
from pykeen.training.callbacks import TrainingCallback  # noqa: E402
from pykeen.triples import TriplesFactory  # noqa: E402

MODELS = {
    "complex": lambda dim: (ComplEx, dim // 2),
    "dist_mult": lambda dim: (DistMult, dim),
    "simple": lambda dim: (SimplE, dim // 2),
}


class Enough(Exception):
    """All steps that were asked for are done."""


class Clock(TrainingCallback):
    """When steps ended, in CPU time; stops the training."""

    def __init__(self, steps):
        super().__init__()
        self.steps, self.ends = steps, []

    def post_batch(self, epoch, batch, **kwargs):
        self.ends.append(time.process_time())
        if len(self.ends) > self.steps:
            raise Enough

    def a_step(self):
        return (self.ends[-1] - self.ends[0]) / (len(self.ends) - 1)


def training_loop(triples):
    kind, dim = MODELS[arguments.model](arguments.dim)
    model = kind(triples_factory=triples, embedding_dim=dim, loss="crossentropy", regularizer=None, random_seed=0)
    optimizer = torch.optim.Adam(model.parameters(), lr=arguments.rate)
    return LCWATrainingLoop(model=model, triples_factory=triples, optimizer=optimizer)


def steps_of_a_pass(loop, triples, batch):
    loader = loop._create_training_data_loader(
        triples, batch_size=batch, drop_last=False, num_workers=0, pin_memory=False, shuffle=True, sampler=None
    )
    return len(loader)


def a_pass_by_steps(triples, batch):
    loop, clock = training_loop(triples), Clock(arguments.steps)
    try:
        loop.train(triples_factory=triples, num_epochs=1, batch_size=batch, use_tqdm=False, callbacks=clock)
        raise SystemExit(f"expected more than {arguments.steps} steps of {batch} pairs, found {len(clock.ends)}")
    except Enough:
        steps = steps_of_a_pass(loop, triples, batch)
    print(f"batch {batch}: {clock.a_step():.3f} CPU-s a step, {steps} steps a pass", flush=True)
    return clock.a_step() * steps


def whole_passes(triples, batch):
    loop, taken = training_loop(triples), []
    for _ in range(arguments.passes):
        start = time.process_time()
        losses = loop.train(triples_factory=triples, num_epochs=1, batch_size=batch, use_tqdm=False)
        taken.append(time.process_time() - start)
        print(f"batch {batch}: {taken[-1]:.1f} CPU-s a pass, loss {losses[-1]:.4f}", flush=True)
    return min(taken)


def main():
    torch.set_num_threads(1)
    triples = TriplesFactory.from_path(arguments.graph / "train.txt", create_inverse_triples=True)
    print(f"{arguments.model} of {arguments.dim}, {triples.num_entities} entities", flush=True)
    for batch in arguments.batch:
        seconds = (a_pass_by_steps if arguments.steps else whole_passes)(triples, batch)
        print(f"batch {batch}: a pass takes {seconds:.1f} CPU-s", flush=True)
        figure(arguments.case, f"PyKEEN {pykeen.version.get_version()}, batch {batch}", seconds)


if __name__ == "__main__":
    main()
