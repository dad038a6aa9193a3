"""
Expected values for every golden checkpoint: `expected.py CHECKPOINTS OUT`.

Writes OUT/NAME.safetensors, whose tensors are `rows.R.ids` (int64) and `rows.R.POINT` (float32, no batch axis) of the
unpadded run of each row in float32 with eager attention, and OUT/NAME.json with the module paths that hold each point
(`modules`), and for each point that always equals an earlier one, and is not stored itself, that one (`same`).
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM

from golden import begin, write_golden
from points import collect

SEED = 20
LENGTHS = (9, 5, 7)


def rows(vocabulary: int) -> list[list[int]]:
    """Ragged rows of tokens that are all different, the padding token and the last of the vocabulary among them."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    ids = 2 + rng.permutation(vocabulary - 3)[: sum(LENGTHS)]
    ids[LENGTHS[0] + 2], ids[3] = 1, vocabulary - 1
    ends = np.cumsum(LENGTHS)
    return [ids[end - length : end].tolist() for length, end in zip(LENGTHS, ends)]


def fingerprint(folder: Path) -> str:
    """SHA-256 over the names and bytes of a checkpoint's files."""
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def equals(points: dict[str, torch.Tensor]) -> dict[str, str]:
    """For each point that equals one before it, the first such."""
    names = list(points)
    earlier = lambda i: next((n for n in names[:i] if torch.equal(points[n], points[names[i]])), None)
    return {name: other for i, name in enumerate(names) if (other := earlier(i)) is not None}


def expect(folder: Path, out: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    tensors, aliases, same = {}, {}, {}
    spread = []
    for r, ids in enumerate(rows(model.config.vocab_size)):
        points, found = collect(model, ids)
        tensors[f"rows.{r}.ids"] = torch.tensor(ids)
        same = {name: other for name, other in equals(points).items() if r == 0 or same.get(name) == other}
        tensors |= {f"rows.{r}.{name}": value.contiguous().clone() for name, value in points.items()}
        # A module counts only where it holds the point in every row.
        aliases = {name: [p for p in paths if r == 0 or p in aliases[name]] for name, paths in found.items()}
        spread.append(points["logits"].std().item())
    tensors = {name: value for name, value in tensors.items() if name.split(".", 2)[2] not in same}
    # A golden that is flat or explodes tests nothing.
    if not all(0.4 < s < 4 for s in spread):
        raise AssertionError(f"{folder.name}: logits have standard deviations {spread}")
    about = write_golden(
        out / f"{folder.name}.safetensors", tensors, checkpoint=fingerprint(folder), numpy=np.__version__, seed=str(SEED)
    )
    (out / f"{folder.name}.json").write_text(json.dumps({"provenance": about, "modules": aliases, "same": same}, indent=1) + "\n")
    print(f"{folder.name:24} {len(tensors):4} tensors, logits {np.mean(spread):.2f}")


def main() -> None:
    checkpoints, out = begin()
    for folder in sorted(f for f in checkpoints.iterdir() if f.is_dir()):
        expect(folder, out)


if __name__ == "__main__":
    main()
