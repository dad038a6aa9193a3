"""
Modules trained on a model's activations by PyTorch, in float64: `trained_modules.py CHECKPOINTS OUT`.

Writes OUT/NAME.safetensors: rows `ids.R`; a linear probe's first `probe.weight` and `probe.bias` on the first layer's output, its
`probe.labels` [row, position] and the `probe.losses` of 20 Adam steps over all rows; and the `lens.losses` of ten steps of a tuned
lens (affine maps from nothing; KL of the model from each layer but the last; SGD, Nesterov momentum, linear decay, clipping).
The cases mean the same as those of test/parity/trainedModules.test.ts.
"""

import json
import sys
from pathlib import Path

import safetensors.torch
import torch
import transformers
from transformers import AutoModelForCausalLM

from expected import rows
from points import Record, first, paths

SEED = 43
CLASSES, PROBE_STEPS, LENS_STEPS, BATCH = 3, 20, 10, 2
NAMES = ("galactica", "llama-grouped", "gpt2")


def expect(folder: Path, out: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    model.double().requires_grad_(False)
    where, _, ends = paths(model.config)
    layers, units = model.config.num_hidden_layers, model.config.hidden_size
    norm, head = model.get_submodule(ends.final), model.lm_head
    generator = torch.Generator().manual_seed(SEED)
    ids = rows(model.config.vocab_size)

    outputs, predictions = [], []
    for row in ids:
        record = Record(model)
        with torch.no_grad():
            predictions.append(model(torch.tensor([row]), use_cache=False).logits[0].log_softmax(-1))
        record.close()
        outputs.append([first(record.outputs[f"{where}.{n}"])[0].detach() for n in range(layers)])

    weight = (torch.randn(CLASSES, units, generator=generator) / units**0.5).double()
    bias = torch.zeros(CLASSES, dtype=torch.float64)
    labels = [torch.randint(0, CLASSES, (len(row),), generator=generator) for row in ids]
    tensors = {"probe.weight": weight.clone(), "probe.bias": bias.clone()}
    probe = [weight.requires_grad_(), bias.requires_grad_()]
    optimiser = torch.optim.Adam(probe, lr=0.02)
    losses = []
    for _ in range(PROBE_STEPS):
        optimiser.zero_grad()
        logits = torch.cat([out[0] @ probe[0].T + probe[1] for out in outputs])
        loss = torch.nn.functional.cross_entropy(logits, torch.cat(labels))
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    tensors["probe.losses"] = torch.tensor(losses)

    maps = [torch.zeros(units, units, dtype=torch.float64, requires_grad=True) for _ in range(layers - 1)]
    shifts = [torch.zeros(units, dtype=torch.float64, requires_grad=True) for _ in range(layers - 1)]
    optimiser = torch.optim.SGD([*maps, *shifts], lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-3)
    schedule = transformers.get_linear_schedule_with_warmup(optimiser, 0, LENS_STEPS)
    losses = []
    for step in range(LENS_STEPS):
        optimiser.zero_grad()
        chosen = [(step * BATCH + i) % len(ids) for i in range(BATCH)]
        total = 0
        for n in range(layers - 1):
            for r in chosen:
                x = outputs[r][n]
                seen = head(norm(x + x @ maps[n].T + shifts[n])).log_softmax(-1)
                total = total + (predictions[r].exp() * (predictions[r] - seen)).sum()
        loss = total / sum(len(ids[r]) for r in chosen) / (layers - 1)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*maps, *shifts], 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    tensors["lens.losses"] = torch.tensor(losses)
    for name in ("probe.losses", "lens.losses"):
        if tensors[name].max() - tensors[name].min() < 1e-2:
            raise AssertionError(f"{folder.name}: {name} do not move")

    tensors |= {f"ids.{r}": torch.tensor(row) for r, row in enumerate(ids)}
    tensors |= {f"probe.labels.{r}": row for r, row in enumerate(labels)}
    about = {"seed": SEED, "torch": torch.__version__.split("+")[0], "transformers": transformers.__version__}
    stored = {
        name: (value.float() if value.is_floating_point() else value).detach().clone().contiguous() for name, value in tensors.items()
    }
    safetensors.torch.save_file(stored, out / f"{folder.name}.safetensors", {"provenance": json.dumps(about)})
    print(f"{folder.name:24} probe {tensors['probe.losses'][0]:.3f} to {tensors['probe.losses'][-1]:.3f}, lens {losses[0]:.3f} to {losses[-1]:.3f}")


def main() -> None:
    checkpoints, out = map(Path, sys.argv[1:3])
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        expect(checkpoints / name, out)


if __name__ == "__main__":
    main()
