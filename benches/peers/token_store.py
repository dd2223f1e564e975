"""Reads the token vectors of a store of `ess encode`, which is a safetensors file."""

import json
import struct

TYPES = {"F32": "<f4", "F16": "<f2", "U64": "<u8"}


def read_tensor(path, name):
    """The type of a tensor as numpy names it, its shape and its bytes."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        prompt = header["__metadata__"].get("prompt_tokens", "0")
        if prompt != "0":
            raise SystemExit(f"{path}: expected no tokens of a prompt, found {prompt}")
        said = header[name]
        start, end = said["data_offsets"]
        file.seek(8 + length + start)
        return TYPES[said["dtype"]], said["shape"], file.read(end - start)


def token_states(path):
    """The vectors of each text's tokens in f32, `t × dim`, as views of one matrix."""
    import numpy

    def array(name):
        kind, shape, data = read_tensor(path, name)
        return numpy.frombuffer(data, kind).reshape(shape)

    ends = array("token_ends").astype(numpy.int64)
    return numpy.split(array("token_states").astype(numpy.float32), ends[:-1])
