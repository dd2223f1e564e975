"""Writes the .npy files of this folder: the matrix [[0, 1, 2], [3, 4.5, -65504]] in every layout that is read."""
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
MATRIX = np.array([[0, 1, 2], [3, 4.5, -65504]])


def write(name, array, version=(1, 0)):
    with open(HERE / name, "wb") as file:
        np.lib.format.write_array(file, array, version=version)


for order in "<", ">":
    for size in 2, 4, 8:
        for layout in "C", "F":
            array = np.asarray(MATRIX, dtype=f"{order}f{size}", order=layout)
            write(f"{'little' if order == '<' else 'big'}_f{size}_{layout}.npy", array)

write("version_2.npy", MATRIX, (2, 0))
write("version_3.npy", MATRIX, (3, 0))
write("vector.npy", np.zeros(3, dtype="f4"))
write("integers.npy", np.zeros((2, 2), dtype="i8"))
write("structured.npy", np.zeros((2, 2), dtype=[("a", "f4"), ("b", "f4")]))
