"""How near the vectors of two stores are to each other: the cosine of each item's two vectors, least and 1st percentile.

    python cosines.py exact/corpus.safetensors int8/corpus.safetensors

Both are stores of `ess encode` or `ess import`, of the same items in the same order.
"""

import sys

import numpy
from safetensors.numpy import load_file


def main():
    first, second = (load_file(path) for path in sys.argv[1:3])
    if not all(numpy.array_equal(first[name], second[name]) for name in ("ids", "id_ends")):
        sys.exit("expected the same items in the same order")
    a, b = (store["embeddings"].astype(numpy.float64) for store in (first, second))
    cosines = (a * b).sum(1) / numpy.linalg.norm(a, axis=1) / numpy.linalg.norm(b, axis=1)
    print(f"{len(cosines)} items: 1st percentile {numpy.percentile(cosines, 1):.7f}, least {cosines.min():.7f}")


main()
