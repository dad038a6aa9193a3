"""Vector-Jacobian products of single operators by PyTorch autograd in float64: python gradients.py OUT_FOLDER"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

SEED = 20261123


def rotate_half(x, cos, sin):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


CASES = {
    "add": (lambda a, b: a + b, [(2, 3, 4), (4,)]),
    "sub": (lambda a, b: a - b, [(2, 1, 4), (3, 4)]),
    "mul": (lambda a, b: a * b, [(2, 3, 4), (3, 1)]),
    "div": (lambda a, b: a / (b.abs() + 1), [(2, 3), (2, 3)]),
    "relu": (F.relu, [(2, 5)]),
    "sigmoid": (torch.sigmoid, [(2, 5)]),
    "silu": (F.silu, [(2, 5)]),
    "gelu": (F.gelu, [(2, 5)]),
    "geluTanh": (lambda x: F.gelu(x, approximate="tanh"), [(2, 5)]),
    "exp": (torch.exp, [(2, 5)]),
    "tanh": (torch.tanh, [(2, 5)]),
    "sqrtLog": (lambda x: (x * x + 1).sqrt().log(), [(2, 5)]),
    "softmax": (lambda x: x.softmax(-1), [(2, 3, 5)]),
    "logSoftmax": (lambda x: x.log_softmax(-1), [(2, 3, 5)]),
    "layerNorm": (lambda x, g, b: F.layer_norm(x, (6,), g, b, 1e-5), [(2, 3, 6), (6,), (6,)]),
    "rmsNorm": (lambda x, g: x / (x.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt() * g, [(2, 3, 6), (6,)]),
    "matmul": (lambda a, b: a @ b, [(2, 4, 3, 5), (2, 1, 5, 6)]),
    "linear": (F.linear, [(2, 3, 5), (7, 5), (7,)]),
    "affine": (lambda x, w, b: x @ w + b, [(2, 3, 5), (5, 7), (7,)]),
    "headsAndBack": (lambda x: (x.view(2, 3, 2, 4).transpose(1, 2) * 2).transpose(1, 2).reshape(2, 3, 8), [(2, 3, 8)]),
    "expandedHeads": (lambda x: x[:, :, None].expand(2, 2, 3, 3, 4).reshape(2, 6, 3, 4), [(2, 2, 3, 4)]),
    "slice": (lambda x: x[..., 1:4] * x[..., 4:7], [(2, 3, 8)]),
    "splitConcat": (lambda x: torch.cat((x[..., 5:] * 3, x[..., :2]), -1), [(2, 3, 8)]),
    "gather": (lambda t: t[torch.tensor([[1, 3, 1], [0, 3, 3]])], [(5, 4)]),
    "gatherPositions": (lambda x: x[torch.arange(2)[:, None], torch.tensor([[2, 2], [0, 1]])], [(2, 3, 4)]),
    "pick": (lambda x: x.gather(-1, torch.tensor([[[4], [0], [2]], [[1], [1], [3]]])), [(2, 3, 5)]),
    "sumMean": (lambda x: x.sum(1) * x.mean((0, 1)), [(2, 3, 4)]),
    "where": (lambda x, y: torch.where(x > 0.5, x, y), [(2, 3, 4), (4,)]),
    "rotary": (rotate_half, [(2, 2, 3, 4), (1, 1, 3, 4), (1, 1, 3, 4)]),
    "erf": (torch.erf, [(2, 5)]),
    "cos": (torch.cos, [(2, 5)]),
    "sin": (torch.sin, [(2, 5)]),
    "neg": (lambda x: -x, [(2, 5)]),
    "abs": (torch.abs, [(2, 5)]),
    "splitLike": (lambda x, a, b: torch.cat((x[..., 3:] * b, x[..., :3] * a), -1), [(2, 8), (2, 3), (2, 5)]),
    # Its cotangent is a float16 too, so that it is the same in float32.
    "castHalf": (lambda x: (x * x).half(), [(2, 5)]),
}


def main(out: Path) -> None:
    torch.manual_seed(SEED)
    cases = {}
    for name, (function, shapes) in CASES.items():
        inputs = [torch.randn(shape, dtype=torch.float64).float().double().requires_grad_() for shape in shapes]
        y = function(*inputs)
        dy = torch.randn_like(y).float().double()
        gradients = torch.autograd.grad(y, inputs, dy)
        flat = lambda tensors: [{"shape": list(t.shape), "data": t.detach().flatten().tolist()} for t in tensors]
        cases[name] = {"inputs": flat(inputs), "cotangent": flat([dy])[0], "gradients": flat(gradients)}
    out.mkdir(parents=True, exist_ok=True)
    body = {"seed": SEED, "torch": torch.__version__.split("+")[0], "cases": cases}
    (out / "gradients.json").write_text(json.dumps(body) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
