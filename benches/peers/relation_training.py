"""Times a pass of training relations by PyKEEN, one thread: all entities as answers of a pair of head and relation.

The peer of `ess relations train`: the same triples and their inverses, model, components, batch and Adam, softmax over all
entities with a pair's tails sharing the target. PyKEEN counts components of ComplEx and RotatE in complex numbers, of which
one is two of ours.

    pip install pykeen==1.11.1
    OMP_NUM_THREADS=1 python benches/peers/relation_training.py GRAPH_DIR --model complex --dim 200 --batch 256
    RAYON_NUM_THREADS=1 ess relations train --graph GRAPH_DIR --settings FILE --epochs 2 --out OUT --json -
"""

import argparse
import os
import pathlib
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("graph", type=pathlib.Path)
parser.add_argument("--model", default="complex", choices=["complex", "dist_mult", "simple"])
parser.add_argument("--dim", type=int, default=200)
parser.add_argument("--batch", type=int, default=256)
parser.add_argument("--rate", type=float, default=0.003)
parser.add_argument("--passes", type=int, default=2)
arguments = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = "1"

import torch  # noqa: E402
from pykeen.models import ComplEx, DistMult, SimplE  # noqa: E402
from pykeen.training import LCWATrainingLoop  # noqa: E402
from pykeen.triples import TriplesFactory  # noqa: E402

MODELS = {
    "complex": lambda dim: (ComplEx, dim // 2),
    "dist_mult": lambda dim: (DistMult, dim),
    "simple": lambda dim: (SimplE, dim // 2),
}


def main():
    torch.set_num_threads(1)
    triples = TriplesFactory.from_path(arguments.graph / "train.txt", create_inverse_triples=True)
    kind, dim = MODELS[arguments.model](arguments.dim)
    model = kind(triples_factory=triples, embedding_dim=dim, loss="crossentropy", regularizer=None, random_seed=0)
    optimizer = torch.optim.Adam(model.parameters(), lr=arguments.rate)
    loop = LCWATrainingLoop(model=model, triples_factory=triples, optimizer=optimizer)
    for _ in range(arguments.passes):
        start = time.process_time()
        losses = loop.train(triples_factory=triples, num_epochs=1, batch_size=arguments.batch, use_tqdm=False)
        seconds = time.process_time() - start
        print(f"{arguments.model} of {arguments.dim}, {triples.num_entities} entities: {seconds:.1f} CPU-s a pass, loss {losses[-1]:.4f}")


if __name__ == "__main__":
    main()
