"""
Models whose layers hold int8 weights, by PyTorch: `quantised.py CHECKPOINTS BITSANDBYTES OUT`.

Every linear weight of a decoder layer is replaced by what its int8 values and scales stand for: per output channel scale =
max |w| / 127, value = round half to even of w / scale. Writes OUT/NAME.safetensors: `rows.R.POINT` of each row's own run and
`edited.rows.R.logits` with an edit of what enters the second layer's last projection; `forced` tokens and the
`logits` before each, after the first row; `loss`, `gradient.rows.R.POINT` and `parameter.PATH` of a cross-entropy by autograd,
and `trained.loss` and its gradient `trained.b` with the vector `b` added to what the first layer gives; `weight.PATH`, some
weights as they now are. And OUT/rule.safetensors: a matrix with ties and a channel of zeros, and its values and scales along
either axis. And OUT/saved-NAME.safetensors, of the 8-bit checkpoints of bitsandbytes_checkpoints.py: `rows.R.logits` in float32
of the model with the weights that they hold, int8 × SCB / 127, and `weight.PATH`, two of these. The cases mean the same as those of test/parity/quantised.test.ts.
"""

import json
import sys
from pathlib import Path

import safetensors.torch
import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.pytorch_utils import Conv1D

from backward import differentiable
from expected import rows
from points import Record, collect, paths

SEED = 127
POINTS = (
    "layers.0.attention.pattern",
    "layers.1.attention.output",
    "layers.1.mlp.hidden",
    "layers.1.residual.out",
    "logits",
)
#: A parameter that stays as it is, and layer weights of every layout.
MODELS = {
    "galactica": (
        "model.decoder.final_layer_norm.weight",
        ["model.decoder.layers.0.self_attn.q_proj.weight", "model.decoder.layers.1.fc2.weight"],
    ),
    "llama-grouped": (
        "model.norm.weight",
        ["model.layers.0.self_attn.k_proj.weight", "model.layers.1.mlp.down_proj.weight"],
    ),
    "gpt2": (
        "transformer.ln_f.weight",
        ["transformer.h.0.attn.c_attn.weight", "transformer.h.1.mlp.c_proj.weight"],
    ),
    "gpt-neox": (
        "gpt_neox.final_layer_norm.weight",
        ["gpt_neox.layers.0.attention.query_key_value.weight", "gpt_neox.layers.1.mlp.dense_4h_to_h.weight"],
    ),
}


def quantise(weight: torch.Tensor, axis: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Int8 values, and scales [channel]; `axis` counts the output channels."""
    scale = weight.abs().amax(1 - axis, keepdim=True) / 127
    values = torch.where(scale > 0, torch.round(weight / scale), torch.zeros(()))
    return values.to(torch.int8), scale.flatten()


def round_trip(weight: torch.Tensor, axis: int) -> torch.Tensor:
    values, scales = quantise(weight, axis)
    return values.float() * scales.unsqueeze(1 - axis)


def quantise_layers(model) -> int:
    """How many weights were replaced."""
    where, _, _ = paths(model.config)
    count = 0
    with torch.no_grad():
        for path, module in model.named_modules():
            if path.startswith(f"{where}.") and isinstance(module, (torch.nn.Linear, Conv1D)):
                module.weight.copy_(round_trip(module.weight, 1 if isinstance(module, Conv1D) else 0))
                count += 1
    return count


def edited_logits(model, ids):
    where, inner, _ = paths(model.config)
    mix = lambda m, args: (args[0].softmax(-1) * args[0] * 4, *args[1:])
    handle = model.get_submodule(f"{where}.1.{inner.mlp_out}").register_forward_pre_hook(mix)
    with torch.no_grad():
        logits = model(torch.tensor([ids]), use_cache=False).logits[0]
    handle.remove()
    return logits


@torch.no_grad()
def forced_logits(model, ids, forced):
    return model(torch.tensor([ids + forced]), use_cache=False).logits[0, len(ids) - 1 : -1]


def cross_entropy(logits, ids):
    """The loss of backward.py."""
    labels = torch.tensor(ids[1:] + ids[:1])
    weights = 1 + 0.1 * torch.arange(len(ids))
    return (logits.log_softmax(-1).gather(-1, labels[:, None])[:, 0].neg() * weights).sum()


def trained(model, ids, b):
    """The loss with `b` added to what the first layer gives, which leaves its gradient in `b`."""
    where, _, _ = paths(model.config)
    add = lambda m, args, out: (out[0] + b, *out[1:]) if isinstance(out, tuple) else out + b
    handle = model.get_submodule(f"{where}.0").register_forward_hook(add)
    loss = cross_entropy(model(torch.tensor([ids]), use_cache=False).logits[0], ids)
    handle.remove()
    loss.backward()
    return loss.item()


def gradients(model, ids):
    """The loss, and its gradients at two points."""
    where, inner, _ = paths(model.config)
    record = Record(model)
    logits = model(torch.tensor([ids]), use_cache=False).logits[0]
    record.close()
    kept = {
        "layers.0.residual.in": record.inputs[f"{where}.0"],
        "layers.1.mlp.hidden": record.inputs[f"{where}.1.{inner.mlp_out}"],
    }
    for tensor in kept.values():
        tensor.retain_grad()
    loss = cross_entropy(logits, ids)
    loss.backward()
    return loss.item(), {name: tensor.grad.reshape(len(ids), -1) for name, tensor in kept.items()}


def expect(folder: Path, out: Path) -> None:
    model, own = differentiable(folder), differentiable(folder)
    count = quantise_layers(model)
    free, held = MODELS[folder.name]
    parameters = dict(model.named_parameters())
    tensors = {f"weight.{path}": parameters[path].detach().clone() for path in held}
    all_rows = rows(model.config.vocab_size)
    b = 0.1 * torch.randn(model.config.hidden_size, generator=torch.Generator().manual_seed(SEED))
    tensors["b"] = b.clone()
    b.requires_grad_()
    loss, trained_loss, cost = 0, 0, []
    for r, ids in enumerate(all_rows[:2]):
        points, bare = collect(model, ids)[0], collect(own, ids)[0]
        cost.append((points["logits"] - bare["logits"]).abs().max().item())
        tensors |= {f"rows.{r}.{name}": points[name].contiguous().clone() for name in POINTS}
        tensors[f"edited.rows.{r}.logits"] = edited_logits(model, ids).clone()
        term, found = gradients(model, ids)
        loss += term
        tensors |= {f"gradient.rows.{r}.{name}": value.clone() for name, value in found.items()}
    tensors["loss"] = torch.tensor(loss)
    tensors[f"parameter.{free}"] = parameters[free].grad.clone()
    for ids in all_rows[:2]:
        trained_loss += trained(model, ids, b)
    tensors |= {"trained.loss": torch.tensor(trained_loss), "trained.b": b.grad.clone()}
    tensors["forced"] = torch.tensor(all_rows[2])
    tensors["logits"] = forced_logits(model, all_rows[0], all_rows[2]).clone()
    # Where quantising changes nothing the rest shows nothing.
    if min(cost) < 2e-2:
        raise AssertionError(f"{folder.name}: int8 moves the logits by {cost} only")
    if abs(trained_loss - loss) < 1e-2:
        raise AssertionError(f"{folder.name}: b does not move the loss")
    write(tensors, out / f"{folder.name}.safetensors")
    print(f"{folder.name:24} {count} weights in int8, which moves the logits by {max(cost):.3f}")


def rule(out: Path) -> None:
    matrix = torch.randn(12, 20, generator=torch.Generator().manual_seed(SEED))
    # With 127 as the largest the scale is 1, and these lie halfway.
    matrix[3] = torch.tensor([127.0, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 126.5, -126.5, 125.5] * 2)
    matrix[5] = 0
    matrix[:, 7] = 0
    tensors = {"matrix": matrix}
    for axis in (0, 1):
        tensors[f"values.{axis}"], tensors[f"scales.{axis}"] = quantise(matrix, axis)
    write(tensors, out / "rule.safetensors")


#: Weights of 8-bit checkpoints to look at, those outside the layers among them.
SAVED = {
    "opt-350m": ["model.decoder.project_in.weight", "model.decoder.layers.1.fc2.weight"],
    "galactica": ["model.decoder.layers.0.self_attn.k_proj.weight", "model.decoder.layers.1.fc1.weight"],
    "llama-grouped": ["model.layers.0.self_attn.k_proj.weight", "model.layers.2.mlp.down_proj.weight"],
}


def saved(folder: Path, published: Path, out: Path) -> None:
    """What an 8-bit checkpoint holds, read without bitsandbytes."""
    held = safetensors.torch.load_file(folder / "model.safetensors")
    weights = {}
    for name, tensor in held.items():
        scales = held.get(f"{name.removesuffix('.weight')}.SCB") if tensor.dtype == torch.int8 else None
        if not name.endswith((".SCB", ".weight_format")):
            weights[name] = tensor.float() if scales is None else tensor.float() * (scales / 127)[:, None]
    model = AutoModelForCausalLM.from_config(
        AutoConfig.from_pretrained(published), dtype=torch.float32, attn_implementation="eager"
    ).eval()
    missing, unexpected = model.load_state_dict(weights, strict=False)
    model.tie_weights()
    if unexpected or missing not in ([], ["lm_head.weight"]):
        raise AssertionError(f"{folder.name}: {missing} {unexpected}")
    own = AutoModelForCausalLM.from_pretrained(published, dtype=torch.float32, attn_implementation="eager").eval()
    tensors = {f"weight.{path}": weights[path] for path in SAVED[folder.name]}
    cost = []
    with torch.no_grad():
        for r, ids in enumerate(rows(model.config.vocab_size)[:2]):
            logits, bare = (m(torch.tensor([ids]), use_cache=False).logits[0] for m in (model, own))
            tensors[f"rows.{r}.logits"] = logits.clone()
            cost.append((logits - bare).abs().max().item())
    if min(cost) < 1e-2:
        raise AssertionError(f"{folder.name}: 8 bits move the logits by {cost} only")
    write(tensors, out / f"saved-{folder.name}.safetensors")
    print(f"{folder.name:24} saved in 8 bits, which moves the logits by {max(cost):.3f}")


def write(tensors, file: Path) -> None:
    about = {"seed": SEED, "torch": torch.__version__.split("+")[0], "transformers": transformers.__version__}
    safetensors.torch.save_file(tensors, file, {"provenance": json.dumps(about)})


def main() -> None:
    checkpoints, eight_bit, out = map(Path, sys.argv[1:4])
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    rule(out)
    for name in MODELS:
        expect(checkpoints / name, out)
    for name in SAVED:
        saved(eight_bit / name, checkpoints / name, out)


if __name__ == "__main__":
    main()
