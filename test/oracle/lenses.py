"""
What the lenses must find, by plain PyTorch hooks: `lenses.py CHECKPOINTS OUT`.

Writes OUT/NAME.safetensors of each model in float32 with eager attention: scores of heads and losses on repeated tokens, the
same without one head, grids of patched logit differences, logits read from every layer, and contributions to a logit
difference. The cases mean the same as those of test/parity/lenses.test.ts.
"""

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from golden import begin, write_golden

SEED = 31
LENGTH = 7
CORRECT, WRONG = 5, 11
ABLATED = (1, 1)  # layer, head
POSITION = 4  # at which clean and corrupt prompts differ

# Where each architecture keeps its layers, what multiplies the heads' output, its last norm and its unembedding.
PATHS = {
    "opt": ("model.decoder.layers.{}", "self_attn.out_proj", "model.decoder.final_layer_norm", "fc2"),
    "llama-grouped": ("model.layers.{}", "self_attn.o_proj", "model.norm", "mlp"),
    "gpt2": ("transformer.h.{}", "attn.c_proj", "transformer.ln_f", "mlp"),
}


def with_hooks(modules, hooks, run):
    handles = [attach(modules[path]) for path, attach in hooks]
    try:
        with torch.no_grad():
            return run()
    finally:
        for handle in handles:
            handle.remove()


def output_of(edit):
    def hook(module, args, output):
        return (edit(output[0]), *output[1:]) if isinstance(output, tuple) else edit(output)

    return lambda module: module.register_forward_hook(hook)


def input_of(edit):
    return lambda module: module.register_forward_pre_hook(lambda module, args: (edit(args[0]), *args[1:]))


def put(index, value):
    """Replaces a part of a value by the same part of another."""

    def edit(x):
        x = x.clone()
        x[index] = value[index]
        return x

    return edit


def keep(store, name):
    def edit(x):
        store[name] = x.clone()
        return x

    return edit


def average(index):
    """Replaces a part of a value by its mean over rows and positions."""

    def edit(x):
        x = x.clone()
        x[index] = x[index].mean((0, 1), keepdim=True)
        return x

    return edit


def induction(pattern, first):
    """Mean weight from each query from `first` on to the token after its previous occurrence, by head."""
    queries = torch.arange(first, 2 * LENGTH)
    return pattern[:, :, queries, queries + 1 - LENGTH].mean((0, 2))


def losses(logits, rows):
    return -logits[:, :-1].log_softmax(-1).gather(-1, rows[:, 1:, None])[..., 0].mean(0)


def expect(folder: Path, out: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    config, modules = model.config, dict(model.named_modules())
    layers, heads = config.num_hidden_layers, config.num_attention_heads
    layer_path, z_path, norm_path, mlp_path = PATHS[folder.name]
    layer = lambda l: layer_path.format(l)
    z = lambda l: f"{layer(l)}.{z_path}"
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    units = lambda head: (..., slice(head * size, (head + 1) * size))
    generator = torch.Generator().manual_seed(SEED)
    tensors = {}

    half = torch.randint(0, config.vocab_size, (3, LENGTH), generator=generator)
    rows = torch.cat((half, half), 1)
    with torch.no_grad():
        ran = model(rows, output_attentions=True)
    bare = losses(ran.logits, rows)
    l, h = ABLATED
    ablated = losses(with_hooks(modules, [(z(l), input_of(put(units(h), torch.zeros(*rows.shape, heads * size))))], lambda: model(rows).logits), rows)
    if (ablated - bare).abs().max() < 1e-2:
        raise AssertionError(f"{folder.name}: the ablated head changes nothing")
    averaged = losses(with_hooks(modules, [(z(l), input_of(average(units(h))))], lambda: model(rows).logits), rows)
    if min((averaged - bare).abs().max(), (averaged - ablated).abs().max()) < 1e-3:
        raise AssertionError(f"{folder.name}: the head's mean is the head, or nothing")
    tensors |= {
        "induction.rows": half,
        "induction.published": torch.stack([induction(a, LENGTH - 1) for a in ran.attentions]),
        "induction.strict": torch.stack([induction(a, LENGTH) for a in ran.attentions]),
        "induction.loss": bare,
        "induction.ablated": ablated,
        "induction.averaged": averaged,
    }

    clean = torch.randint(0, config.vocab_size, (1, 9), generator=generator)
    corrupt = clean.clone()
    corrupt[0, POSITION] = (corrupt[0, POSITION] + 17) % config.vocab_size
    difference = lambda logits: logits[0, -1, CORRECT] - logits[0, -1, WRONG]
    kept = {}
    keepers = [(layer(l), output_of(keep(kept, ("out", l)))) for l in range(layers)]
    keepers += [(z(l), input_of(keep(kept, ("z", l)))) for l in range(layers)]
    keepers += [(f"{layer(l)}.{mlp_path}", output_of(keep(kept, ("mlp", l)))) for l in range(layers)]
    on_clean = difference(with_hooks(modules, keepers, lambda: model(clean).logits))
    patched = lambda hook: difference(with_hooks(modules, [hook], lambda: model(corrupt).logits))
    with torch.no_grad():
        on_corrupt = difference(model(corrupt).logits)
    by_position = [
        [patched((layer(l), output_of(put((slice(None), p), kept["out", l])))) for p in range(clean.shape[1])] for l in range(layers)
    ]
    by_head = [[patched((z(l), input_of(put(units(h), kept["z", l])))) for h in range(heads)] for l in range(layers)]
    at = lambda h, p: (slice(None), p, slice(h * size, (h + 1) * size))
    places = [(h, p) for h in range(heads) for p in range(clean.shape[1])]
    by_both = [[patched((z(l), input_of(put(at(h, p), kept["z", l])))) for h, p in places] for l in range(layers)]
    by_layer = [[patched((f"{layer(l)}.{mlp_path}", output_of(put(..., kept["mlp", l]))))] for l in range(layers)]
    grid = lambda lists: torch.tensor([[value.item() for value in row] for row in lists])
    found = {"position": by_position, "head": by_head, "headPosition": by_both, "layer": by_layer}
    for name, values in ((name, grid(lists)) for name, lists in found.items()):
        if (values - on_corrupt).abs().max() < 1e-2:
            raise AssertionError(f"{folder.name}: patching by {name} changes nothing")
    tensors |= {
        "patching.clean": clean,
        "patching.corrupt": corrupt,
        "patching.ends": torch.stack((on_clean, on_corrupt)),
    } | {f"patching.{name}": grid(lists) for name, lists in found.items()}

    tensors |= {f"slopes.{name}": value for name, value in slopes(model, modules, clean, corrupt, kept, PATHS[folder.name]).items()}

    # Residual streams behind each layer; that behind the last is not normed yet, as transformers' hidden_states would have it.
    with torch.no_grad():
        tensors["lens.logits"] = torch.stack([model.lm_head(modules[norm_path](kept["out", l])) for l in range(layers)])[:, 0]

    tensors |= {f"attribution.{name}": value for name, value in attribution(model, modules, clean, PATHS[folder.name]).items()}
    write_golden(out / f"{folder.name}.safetensors", tensors, seed=SEED)
    print(f"{folder.name:24} {len(tensors)} tensors")


def slopes(model, modules, clean, corrupt, kept, paths):
    """
    First-order estimates of the patches, (clean − corrupt) · gradient at the corrupt run, by position and by head; and
    integrated gradients of the clean prompt from zeros and from the corrupt one, of 12 midpoints.
    """
    layer_path, z_path, _, mlp_path = paths
    layers, heads = model.config.num_hidden_layers, model.config.num_attention_heads
    layer = lambda l: layer_path.format(l)
    difference = lambda logits: logits[:, -1, CORRECT] - logits[:, -1, WRONG]
    seen = {}

    def watch(name):
        def edit(x):
            x = x if x.requires_grad else x.requires_grad_()
            x.retain_grad()
            seen[name] = x
            return x

        return edit

    hooks = [(layer(l), output_of(watch(("out", l)))) for l in range(layers)]
    hooks += [(f"{layer(l)}.{z_path}", input_of(watch(("z", l)))) for l in range(layers)]
    hooks += [(f"{layer(l)}.{mlp_path}", output_of(watch(("mlp", l)))) for l in range(layers)]
    handles = [attach(modules[path]) for path, attach in hooks]
    difference(model(corrupt).logits).sum().backward()
    for handle in handles:
        handle.remove()
    change = lambda name: ((kept[name] - seen[name]) * seen[name].grad).detach()
    found = {
        "position": torch.stack([change(("out", l))[0].sum(-1) for l in range(layers)]),
        "head": torch.stack([change(("z", l))[0].unflatten(-1, (heads, -1)).sum((0, 2)) for l in range(layers)]),
        "headPosition": torch.stack([change(("z", l))[0].unflatten(-1, (heads, -1)).sum(-1).T.flatten() for l in range(layers)]),
        "layer": torch.stack([change(("mlp", l)).sum()[None] for l in range(layers)]),
    }
    start = {}
    embed = lambda ids: with_hooks(modules, [(layer(0), input_of(keep(start, "x")))], lambda: model(ids)) and start["x"].detach()
    x = embed(clean)
    for name, origin in (("zero", torch.zeros_like(x)), ("other", embed(corrupt))):
        total = torch.zeros_like(x)
        for step in range(12):
            at = (origin + (step + 0.5) / 12 * (x - origin)).requires_grad_()
            handle = input_of(lambda _, at=at: at)(modules[layer(0)])
            difference(model(clean).logits).sum().backward()
            handle.remove()
            total += at.grad / 12
        found[f"integrated.{name}"] = ((x - origin) * total).sum(-1)[0].detach()
    model.zero_grad()
    return found


def attribution(model, modules, ids, paths):
    """
    Contributions of the embedding, of each head and of each MLP to the logit difference at the last position, by linearity:
    each is sent alone through the last norm, with the scale that the whole residual stream has, and the unembedding.
    """
    layer_path, z_path, norm_path, mlp_path = paths
    config, kept = model.config, {}
    layers, heads = config.num_hidden_layers, config.num_attention_heads
    layer = lambda l: layer_path.format(l)
    hooks = [(layer(0), input_of(keep(kept, "embedding"))), (norm_path, input_of(keep(kept, "final")))]
    hooks += [(f"{layer(l)}.{z_path}", input_of(keep(kept, ("z", l)))) for l in range(layers)]
    hooks += [(f"{layer(l)}.{mlp_path}", output_of(keep(kept, ("mlp", l)))) for l in range(layers)]
    logits = with_hooks(modules, hooks, lambda: model(ids).logits)
    norm, unembed = modules[norm_path], model.lm_head.weight
    is_rms = not hasattr(norm, "bias") or norm.bias is None
    final = kept["final"][0, -1].double()
    centre = (lambda x: x) if is_rms else (lambda x: x - x.mean(-1, keepdim=True))
    eps = getattr(norm, "variance_epsilon", None) or getattr(norm, "eps")
    scale = (centre(final).pow(2).mean() + eps).sqrt()
    direction = (unembed[CORRECT] - unembed[WRONG]).detach().double() * norm.weight.detach().double()
    read = lambda x: (centre(x.double()) / scale) @ direction
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    by_head, biases = torch.zeros(layers, heads), torch.zeros(layers)
    for l in range(layers):
        module = modules[f"{layer(l)}.{z_path}"]
        # GPT-2's Conv1D keeps its weight turned.
        weight = module.weight if type(module).__name__ == "Conv1D" else module.weight.T
        for h in range(heads):
            part = slice(h * size, (h + 1) * size)
            by_head[l, h] = read(kept["z", l][0, -1, part] @ weight[part].detach())
        if module.bias is not None:
            biases[l] = read(module.bias.detach())
    found = {
        "embedding": read(kept["embedding"].reshape(-1, final.shape[-1])[-1]).float(),
        "heads": by_head,
        "biases": biases,
        "mlps": torch.stack([read(kept["mlp", l].reshape(-1, final.shape[-1])[-1]) for l in range(layers)]).float(),
        "constant": torch.tensor(0.0) if is_rms else ((unembed[CORRECT] - unembed[WRONG]) @ norm.bias).detach(),
    }
    total = sum(value.sum() for value in found.values())
    whole = logits[0, -1, CORRECT] - logits[0, -1, WRONG]
    # OPT's positions are inside its embedding point; everything that writes into the stream is counted once.
    if (total - whole).abs() > 1e-4:
        raise AssertionError(f"contributions sum to {total}, the logit difference is {whole}")
    return found | {"whole": whole}


def main() -> None:
    checkpoints, out = begin()
    for name in PATHS:
        expect(checkpoints / name, out)


if __name__ == "__main__":
    main()
