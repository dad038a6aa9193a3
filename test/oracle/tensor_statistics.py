"""Statistics and histograms of whole tensors by torch and NumPy, in float64: python tensor_statistics.py OUT_FOLDER"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
import torch

SEED, BINS = 20261123, 64


def cases():
    generator = torch.Generator().manual_seed(SEED)
    normal = torch.randn(3, 5, 40, generator=generator)
    outliers = normal.clone()
    outliers[:, :, 7] = 300.0
    odd = normal.clone()
    odd.view(-1)[[3, 100]] = float("nan")
    odd.view(-1)[[8, 200, 201]] = float("inf")
    odd.view(-1)[77] = float("-inf")
    return {
        "normal": normal,
        "outliers": outliers,
        # A mean 1e6 times the deviation leaves two digits of it to one pass in float32.
        "far from zero": torch.randn(500, generator=generator) * 0.5 + 5e5,
        "odd": odd,
        # Every value but the last is a lower edge of its bin.
        "edges": torch.arange(BINS + 1, dtype=torch.float32),
        "thirds": torch.arange(100, dtype=torch.float32) / 3,
        "constant": torch.full((4, 4), -2.5),
        "half precision": torch.randn(1000, generator=generator).half().float(),
    }


def describe(tensor):
    flat = tensor.double().reshape(-1)
    finite = flat[torch.isfinite(flat)]
    counts, edges = np.histogram(finite.numpy(), bins=BINS)
    return {
        # Bits, because no two NaN are equal.
        "data": base64.b64encode(tensor.contiguous().numpy().astype("<f4").tobytes()).decode(),
        "mean": finite.mean().item(),
        "std": finite.std().item(),
        "min": finite.min().item(),
        "max": finite.max().item(),
        "nan": int(torch.isnan(flat).sum()),
        "positiveInfinity": int(torch.isposinf(flat).sum()),
        "negativeInfinity": int(torch.isneginf(flat).sum()),
        "lo": float(edges[0]),
        "hi": float(edges[-1]),
        "counts": counts.tolist(),
    }


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    described = {"seed": SEED, "torch": torch.__version__, "numpy": np.__version__}
    described["cases"] = {name: describe(tensor) for name, tensor in cases().items()}
    (out / "statistics.json").write_text(json.dumps(described, indent=1) + "\n")


main()
