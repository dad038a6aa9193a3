"""
Compare what was made anew with what is stored: `compare.py exact|close NEW STORED`.

`exact`: the same files; tensors, JSON and Parquet by value, everything else by byte. `close`: the same, but floats within 1e-5
of what is largest in their tensor, and of 1 where that is less: processors add in other orders, and float32 has as many digits
of a large number as of a small one. Files of provenance must agree only in their seeds. Prints one line for each difference;
exits 1 when there is any.
"""

import json
import sys
from pathlib import Path

import pyarrow.parquet
import safetensors.torch
import torch

TOLERANCE = 1e-5


def load(path: Path) -> dict[str, torch.Tensor] | None:
    if path.suffix == ".safetensors":
        return safetensors.torch.load_file(path)
    if path.name.startswith("pytorch_model") and path.suffix == ".bin":
        return torch.load(path, weights_only=True)
    return None


def tensor_difference(name: str, new: torch.Tensor, old: torch.Tensor, tolerance: float) -> str | None:
    if new.dtype != old.dtype or new.shape != old.shape:
        return f"{name} is {new.dtype} {list(new.shape)}, stored {old.dtype} {list(old.shape)}"
    if torch.equal(new, old):
        return None
    if not new.is_floating_point():
        return f"{name} has other values"
    worst = (new.double() - old.double()).abs().max().item()
    largest = old.double().abs().max().item()
    return None if worst <= tolerance * max(1, largest) else f"{name} differs by {worst:.3g}, its largest is {largest:.3g}"


def file_differences(new: Path, old: Path, tolerance: float) -> list[str]:
    tensors = load(new)
    if tensors is not None:
        stored = load(old)
        if tensors.keys() != stored.keys():
            return [f"other tensors: {sorted(tensors.keys() ^ stored.keys())[:5]}"]
        found = [tensor_difference(name, tensors[name], stored[name], tolerance) for name in tensors]
        return [line for line in found if line]
    if new.suffix == ".json":
        a, b = (without_versions(json.loads(path.read_text())) for path in (new, old))
        where = json_difference(a, b, tolerance)
        return [] if where is None else [f"other contents at {where or 'the top'}"]
    if new.suffix == ".parquet":
        return [] if parquet_contents(new) == parquet_contents(old) else ["other columns, cells or pages"]
    return [] if new.read_bytes() == old.read_bytes() else ["other bytes"]


def parquet_contents(path: Path) -> list:
    """Columns with their cells as bytes, compression and encodings; another version may lay out the same otherwise."""
    file = pyarrow.parquet.ParquetFile(path)
    table = file.read()
    cells = [
        (field.name, str(field.type), column.cast("binary").to_pylist() if str(field.type) == "string" else column.to_pylist())
        for field, column in zip(table.schema, table.columns)
    ]
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    columns = [group.column(i) for group in groups for i in range(group.num_columns)]
    return [cells, [(each.compression, sorted(each.encodings)) for each in columns]]


def json_difference(a, b, tolerance: float, at: str = "") -> str | None:
    """Where two JSON values first differ, floats by more than the tolerance; None when they do not."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        pairs = [(f"{at}.{key}", a[key], b[key]) for key in a]
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        pairs = [(f"{at}[{i}]", x, y) for i, (x, y) in enumerate(zip(a, b))]
    else:
        floats = isinstance(a, float) and isinstance(b, float)
        return None if a == b or (floats and abs(a - b) <= tolerance * max(1, abs(b))) else at
    return next((found for where, x, y in pairs if (found := json_difference(x, y, tolerance, where)) is not None), None)


def without_versions(value):
    """Provenance without what another machine or library version may change."""
    if not isinstance(value, dict):
        return value
    volatile = {"versions", "torch", "numpy", "transformers", "tokenizers", "transformers_version", "checkpoint"}
    return {k: without_versions(v) for k, v in value.items() if k not in volatile}


def compare(new: Path, old: Path, tolerance: float) -> tuple[int, list[str]]:
    """How many files agree, and a line for each difference."""
    names = {p.relative_to(root) for root in (new, old) for p in root.rglob("*") if p.is_file()}
    good, lines = 0, []
    for name in sorted(names):
        a, b = new / name, old / name
        if not (a.exists() and b.exists()):
            lines.append(f"{name}: only {'made anew' if a.exists() else 'stored'}")
            continue
        found = file_differences(a, b, tolerance)
        lines += [f"{name}: {line}" for line in found]
        good += not found
    return good, lines


def main() -> int:
    how, new, old = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    good, lines = compare(new, old, {"exact": 0.0, "close": TOLERANCE}[how])
    for line in lines:
        print(line)
    print(f"{good} files equal, {len(lines)} differences")
    return 1 if lines or not good else 0


if __name__ == "__main__":
    sys.exit(main())
