"""Parquet files by pyarrow, one for each compression and kind of page: python parquet_files.py OUT_FOLDER"""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

TEXTS = ["The soup was cold.", "Für Élise – “ok”\t\nnext", "", "the same again", "\ufeffmarked", "🙂 end"]
ROWS = 60

# How each file is written: the pages of `dictionary` repeat themselves, those of `plain` and `delta` do not.
FILES = {
    "snappy": {"compression": "snappy", "use_dictionary": False},
    "zstd": {"compression": "zstd", "use_dictionary": False, "data_page_version": "2.0"},
    "gzip": {
        "compression": "gzip",
        "use_dictionary": False,
        "data_page_version": "2.0",
        "column_encoding": {"text": "DELTA_BYTE_ARRAY", "label": "DELTA_BINARY_PACKED"},
    },
    "dictionary": {"compression": "snappy", "use_dictionary": True},
    "uncompressed": {"compression": "none", "use_dictionary": False},
}


def table() -> pa.Table:
    rows = range(ROWS)
    text = [TEXTS[i % len(TEXTS)] + ("" if i % 2 else f" {i}") for i in rows]
    return pa.table(
        {
            "text": pa.array(text, pa.string()),
            "label": pa.array([i % 3 - 1 for i in rows], pa.int64()),
            # Beyond 2^53 doubles lose the last digits.
            "id": pa.array([2**53 + 1 + i for i in rows], pa.int64()),
            "unsigned": pa.array([2**64 - 1 - i for i in rows], pa.uint64()),
            "small": pa.array([i - 30 for i in rows], pa.int8()),
            "score": pa.array([i / 7 for i in rows], pa.float64()),
            "flag": pa.array([i % 2 == 0 for i in rows], pa.bool_()),
        }
    )


def odd() -> pa.Table:
    """Columns that are no text, and cells that are null or no UTF-8."""
    latin = pa.array([b"fine", b"caf\xe9"], pa.binary()).cast(pa.string(), safe=False)
    return pa.table(
        {
            "text": pa.array(["a", "b"]),
            "gap": pa.array(["a", None]),
            "count": pa.array([None, 1], pa.int64()),
            "latin": latin,
            "bytes": pa.array([b"a", b"b"], pa.binary()),
            "list": pa.array([["a"], ["b", "c"]]),
            "struct": pa.array([{"a": 1}, {"a": 2}]),
            "time": pa.array([0, 1], pa.timestamp("us")),
            "decimal": pa.array(["1.10", "2.20"]).cast(pa.decimal128(5, 2)),
        }
    )


def as_text(value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    # Python and JavaScript both write the shortest decimal that reads back; only a whole float differs.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name, how in FILES.items():
        pq.write_table(table(), out / f"{name}.parquet", row_group_size=25, **how)
    pq.write_table(odd(), out / "odd.parquet")
    # What the files hold, as Python reads it back; all of them the same.
    held, *others = (pq.read_table(out / f"{name}.parquet").to_pydict() for name in FILES)
    assert all(each == held for each in others)
    (out / "rows.json").write_text(json.dumps({k: [as_text(v) for v in held[k]] for k in held}, indent=0) + "\n")


if __name__ == "__main__":
    main()
