"""The vectors that programs wrote, and how far they agree."""

import array
import json
import math
import struct
import sys


def little_endian_floats(data):
    numbers = array.array("f", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def read_store(path):
    """The vectors of a store of `ess encode --dtype f32`, one after the other."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    tensor = json.loads(data[8 : 8 + length])["embeddings"]
    if tensor["dtype"] != "F32":
        raise SystemExit(f"{path}: expected F32, found {tensor['dtype']}")
    start, end = tensor["data_offsets"]
    return little_endian_floats(data[8 + length + start : 8 + length + end])


def read_raw(path):
    """What a peer wrote: components in f32, little-endian, one vector after the other."""
    return little_endian_floats(path.read_bytes())


def least_cosine(one, other, count):
    """The least cosine of the two vectors of a text; NaN where there are not as many components."""
    if len(one) != len(other) or len(one) % count:
        return math.nan
    dim = len(one) // count
    return min(cosine(one[at : at + dim], other[at : at + dim]) for at in range(0, len(one), dim))


def cosine(one, other):
    product = sum(a * b for a, b in zip(one, other))
    norms = math.hypot(*one) * math.hypot(*other)
    return product / norms if norms > 0 and math.isfinite(product) else -1.0
