"""What PyTorch's and transformers' optimisers, schedules and clipping do: python optimisers.py OUT_FOLDER"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    Adafactor,
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

SEED, STEPS = 20261124, 24
SHAPES = {"matrix": (5, 4), "vector": (6,), "stack": (2, 3, 4)}
MANUAL = {"scale_parameter": False, "relative_step": False}
CASES = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
    "sgd momentum": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=0.1),
    "sgd nesterov": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True, weight_decay=1e-3),
    "adam": lambda p: torch.optim.Adam(p, lr=0.03),
    "adam decay": lambda p: torch.optim.Adam(p, lr=0.03, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.2),
    "adamW": lambda p: torch.optim.AdamW(p, lr=0.03),
    "adamW decay": lambda p: torch.optim.AdamW(p, lr=0.03, betas=(0.9, 0.95), weight_decay=0.5),
    "adafactor manual": lambda p: Adafactor(p, lr=0.3, weight_decay=1e-2, **MANUAL),
    "adafactor mean": lambda p: Adafactor(p, lr=0.05, beta1=0.9, clip_threshold=0.7, decay_rate=-0.6, **MANUAL),
    "adafactor relative": lambda p: Adafactor(p),
    "adafactor warm-up": lambda p: Adafactor(p, warmup_init=True),
}
SCHEDULES = {
    "constant": lambda o: get_constant_schedule_with_warmup(o, 5),
    "linear": lambda o: get_linear_schedule_with_warmup(o, 5, STEPS),
    "linear without warm-up": lambda o: get_linear_schedule_with_warmup(o, 0, STEPS),
    "cosine": lambda o: get_cosine_schedule_with_warmup(o, 5, STEPS),
}
CLIPS = [0.5, 1.0, 1e3]


def trajectory(make, start, gradients):
    parameters = {name: tensor.clone().requires_grad_() for name, tensor in start.items()}
    optimiser = make(list(parameters.values()))
    passed = {name: [] for name in parameters}
    for step in range(STEPS):
        for name, parameter in parameters.items():
            parameter.grad = gradients[name][step].clone()
        optimiser.step()
        for name, parameter in parameters.items():
            passed[name].append(parameter.detach().clone())
    return {name: torch.stack(tensors) for name, tensors in passed.items()}


def factors(make):
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = make(optimiser)
    values = []
    for _ in range(STEPS):
        values.append(schedule.get_last_lr()[0])
        optimiser.step()
        schedule.step()
    return values


def clipped(gradients, maximum):
    parameters = [torch.zeros(shape, requires_grad=True) for shape in SHAPES.values()]
    for parameter, name in zip(parameters, SHAPES):
        parameter.grad = gradients[name][0].clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, maximum).item()
    return {"maximum": maximum, "norm": norm, "matrix": parameters[0].grad.flatten().tolist()}


def main(out: Path) -> None:
    torch.manual_seed(SEED)
    start = {name: torch.randn(shape) for name, shape in SHAPES.items()}
    # Different sizes of step by step, so that running means matter.
    scale = torch.linspace(2.0, 0.2, STEPS)
    gradients = {n: torch.randn(STEPS, *s) * scale.view(-1, *[1] * len(s)) for n, s in SHAPES.items()}
    tensors = {f"start.{n}": t for n, t in start.items()} | {f"gradient.{n}": t for n, t in gradients.items()}
    for case, make in CASES.items():
        tensors |= {f"{case}.{name}": t for name, t in trajectory(make, start, gradients).items()}
    out.mkdir(parents=True, exist_ok=True)
    save_file(tensors, out / "trajectories.safetensors")
    rates = {"steps": STEPS, "schedules": {name: factors(make) for name, make in SCHEDULES.items()}}
    rates["clips"] = [clipped(gradients, maximum) for maximum in CLIPS]
    (out / "rates.json").write_text(json.dumps(rates) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
