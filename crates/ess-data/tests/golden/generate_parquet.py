"""Writes the Parquet files of this folder, as Hugging Face data sets and other writers have them.

    pip install pyarrow
    python generate_parquet.py
"""
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

HERE = Path(__file__).parent
SHARDS = [
    {
        "_id": ["d1", "d 2"],
        "title": ["Tides", None],
        "text": ["The moon pulls.", "Zwölf Boxkämpfer \U0001f642"],
        "labels": [["a", "b"], []],
        "year": [1927, None],
    },
    {
        "_id": ["d3"],
        "title": [""],
        "text": ["Rain falls. " * 20],
        "labels": [["c"]],
        "year": [2001],
    },
]

for number, columns in enumerate(SHARDS):
    path = HERE / "parquet" / "corpus" / f"corpus-{number:05}-of-{len(SHARDS):05}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), path, compression=["snappy", "zstd"][number])

numbers = {"text": pa.array([b"why tides?", b"what rains?"], pa.binary()), "id": pa.array([7, -8], pa.int64())}
parquet.write_table(pa.table(numbers), HERE / "parquet" / "numbers.parquet", compression="gzip", version="1.0")
# pyarrow calls LZ4_RAW lz4.
for codec in ["lz4", "brotli"]:
    parquet.write_table(pa.table(SHARDS[1]), HERE / "parquet" / f"{codec}.parquet", compression=codec)
parquet.write_table(pa.table({"_id": pa.array([], pa.string())}), HERE / "parquet" / "empty.parquet")
unreadable = {
    "_id": ["d1"],
    "title": pa.array([b"\xff"], pa.binary()),
    "text": ["The moon pulls."],
    "day": pa.array([1], pa.date32()),
    "pages": [["nested"]],
}
parquet.write_table(pa.table(unreadable), HERE / "parquet" / "unreadable.parquet")
