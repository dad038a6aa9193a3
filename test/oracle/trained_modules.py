"""
Modules trained on a model's activations by PyTorch, in float64: `trained_modules.py CHECKPOINTS MODULES OUT`.

MODULES is what saved_modules.mjs wrote: the library's own files, which Python's safetensors must read by name, shape and value.
Writes OUT/NAME.safetensors: rows `ids.R`; a linear probe's first `probe.weight` and `probe.bias` on the first layer's output, as the
library makes them, its `probe.labels` [row, position], what it is after ten of the 20 Adam steps over all rows (`probe.after.weight`
and `probe.after.bias`), and the `probe.losses`; the same of a small MLP with a GELU, over ten steps (`mlp.up`, `mlp.after.up` and so
on, `mlp.losses`); and the `lens.losses` of ten steps of a tuned
lens (affine maps from nothing; KL of the model from each layer but the last; SGD, Nesterov momentum, linear decay, clipping). Of a
lens of 30 steps that does not learn from row 1, `held.losses`; `held.validation`, the losses of that row before the first step,
after every fourth and after the last; and `held.best.LAYER.A` and `.b`, the maps when that was lowest.
The cases mean the same as those of test/parity/trainedModules.test.ts.
"""

from pathlib import Path

import safetensors.torch
import torch
import transformers
from transformers import AutoModelForCausalLM

from expected import rows
from golden import begin, write_golden
from points import Record, first, paths

SEED = 43
CLASSES, PROBE_STEPS, KEPT_STEP, LENS_STEPS, BATCH = 3, 20, 10, 10, 2
MLP = ("up", "upBias", "down", "downBias")
# A row that a second lens does not learn from, and how it is trained.
HELD, HELD_STEPS, LOOK_EVERY = 1, 30, 4
NAMES = ("galactica", "llama-grouped", "gpt2")


# What saved_modules.mjs saved as known, in the order in which it counted.
KNOWN = {
    "layers.0.A": (4, 4),
    "layers.0.b": (4,),
    "mlp.up": (3, 4),
    "mlp.upBias": (3,),
    "mlp.down": (2, 3),
    "mlp.downBias": (2,),
    "probe.weight": (2, 5),
    "probe.bias": (2,),
}


def check_known(file: Path) -> None:
    found = safetensors.torch.load_file(file)
    if found.keys() != KNOWN.keys():
        raise AssertionError(f"{file.name} has {sorted(found)}, saved were {sorted(KNOWN)}")
    start = -20
    for name, shape in KNOWN.items():
        count = torch.Size(shape).numel()
        expected = (torch.arange(start, start + count) / 8).reshape(shape)
        start += count
        if found[name].dtype != torch.float32 or not torch.equal(found[name], expected):
            raise AssertionError(f"{file.name} {name} is {found[name]}, saved was {expected}")


def train_lens(outputs, divergence, rows, steps, held=None):
    """
    A tuned lens, affine maps from nothing, trained on rows in their order. Its losses; and those of a held-out row before the
    first step, every few and after the last, with the maps as they were then.
    """
    layers, units = len(outputs[0]), outputs[0][0].shape[-1]
    maps = [torch.zeros(units, units, dtype=torch.float64, requires_grad=True) for _ in range(layers - 1)]
    shifts = [torch.zeros(units, dtype=torch.float64, requires_grad=True) for _ in range(layers - 1)]
    optimiser = torch.optim.SGD([*maps, *shifts], lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-3)
    schedule = transformers.get_linear_schedule_with_warmup(optimiser, 0, steps)
    losses, validation, kept = [], [], []

    def loss_of(chosen):
        total = 0
        for n in range(layers - 1):
            for r in chosen:
                x = outputs[r][n]
                total = total + divergence(r, x + x @ maps[n].T + shifts[n])
        return total / sum(len(outputs[r][0]) for r in chosen) / (layers - 1)

    def look():
        with torch.no_grad():
            validation.append(loss_of([held]).item())
        kept.append([(a.detach().clone(), b.detach().clone()) for a, b in zip(maps, shifts)])

    for step in range(steps):
        if held is not None and step % LOOK_EVERY == 0:
            look()
        optimiser.zero_grad()
        loss = loss_of([rows[(step * BATCH + i) % len(rows)] for i in range(BATCH)])
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*maps, *shifts], 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    if held is not None:
        look()
    return losses, validation, kept


def expect(folder: Path, modules: Path, out: Path) -> None:
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

    first_probe = safetensors.torch.load_file(modules / f"{folder.name}.safetensors")
    mlp = {name: first_probe.pop(f"mlp.{name}").double() for name in MLP}
    weight, bias = first_probe.pop("probe.weight").double(), first_probe.pop("probe.bias").double()
    # Normal of deviation 1/√units, by four standard errors of a deviation; and no bias.
    if first_probe or weight.shape != (CLASSES, units) or abs(weight.std() * units**0.5 - 1) > 4 / (2 * weight.numel()) ** 0.5 or bias.any():
        raise AssertionError(f"{folder.name}: the first probe is {weight}, {bias}, {sorted(first_probe)}")
    labels = [torch.randint(0, CLASSES, (len(row),), generator=generator) for row in ids]
    tensors = {"probe.weight": weight.clone(), "probe.bias": bias.clone()}
    probe = [weight.requires_grad_(), bias.requires_grad_()]
    optimiser = torch.optim.Adam(probe, lr=0.02)
    losses = []
    for step in range(PROBE_STEPS):
        optimiser.zero_grad()
        logits = torch.cat([out[0] @ probe[0].T + probe[1] for out in outputs])
        loss = torch.nn.functional.cross_entropy(logits, torch.cat(labels))
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        if step + 1 == KEPT_STEP:
            tensors |= {"probe.after.weight": weight.detach().clone(), "probe.after.bias": bias.detach().clone()}
    tensors["probe.losses"] = torch.tensor(losses)

    tensors |= {f"mlp.{name}": value.clone() for name, value in mlp.items()}
    optimiser = torch.optim.Adam([value.requires_grad_() for value in mlp.values()], lr=0.02)
    losses = []
    for _ in range(KEPT_STEP):
        optimiser.zero_grad()
        inner = torch.nn.functional.gelu(torch.cat([out[0] @ mlp["up"].T + mlp["upBias"] for out in outputs]))
        loss = torch.nn.functional.cross_entropy(inner @ mlp["down"].T + mlp["downBias"], torch.cat(labels))
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    tensors |= {f"mlp.after.{name}": value.detach().clone() for name, value in mlp.items()}
    tensors["mlp.losses"] = torch.tensor(losses)

    each = range(len(ids))
    divergence = lambda r, x: (predictions[r].exp() * (predictions[r] - head(norm(x)).log_softmax(-1))).sum()
    losses, _, _ = train_lens(outputs, divergence, each, LENS_STEPS)
    tensors["lens.losses"] = torch.tensor(losses)
    learnt, validation, kept = train_lens(outputs, divergence, [r for r in each if r != HELD], HELD_STEPS, HELD)
    best = min(range(len(validation)), key=validation.__getitem__)
    margin = min(loss for step, loss in enumerate(validation) if step != best) - validation[best]
    # The last step is not the best, so that what is kept shows which is; and the best is not so by a rounding error.
    if best in (0, len(validation) - 1) or margin < 1e-3:
        raise AssertionError(f"{folder.name}: best is look {best} of {validation}")
    tensors |= {"held.losses": torch.tensor(learnt), "held.validation": torch.tensor(validation)}
    tensors |= {f"held.best.{n}.{name}": value for n, pair in enumerate(kept[best]) for name, value in zip("Ab", pair)}
    for name in ("probe.losses", "mlp.losses", "lens.losses"):
        if tensors[name].max() - tensors[name].min() < 1e-2:
            raise AssertionError(f"{folder.name}: {name} do not move")

    tensors |= {f"ids.{r}": torch.tensor(row) for r, row in enumerate(ids)}
    tensors |= {f"probe.labels.{r}": row for r, row in enumerate(labels)}
    write_golden(out / f"{folder.name}.safetensors", tensors, seed=SEED)
    print(f"{folder.name:24} probe {tensors['probe.losses'][0]:.3f} to {tensors['probe.losses'][-1]:.3f}, lens {losses[0]:.3f} to {losses[-1]:.3f}")


def main() -> None:
    checkpoints, modules, out = begin()
    check_known(modules / "known.safetensors")
    for name in NAMES:
        expect(checkpoints / name, modules, out)


if __name__ == "__main__":
    main()
