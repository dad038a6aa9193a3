"""
Gradients through whole models by PyTorch's autograd: `backward.py CHECKPOINTS OUT`.

Writes OUT/NAME.safetensors: `CASE.loss`, `CASE.rows.R.POINT`, the gradient at a hook point of each row's own unpadded run,
`CASE.parameter.PATH` and `CASE.trained.TENSOR`, summed over the rows as the loss is, `lens.rows.R`, the logits of the model's
own final norm and head on an early residual, and the arrays `direction`, `A` and `b` that the cases use. Float32, eager
attention, and non-linearities without a kink, whose sign would follow rounding. The cases mean the same as those of
test/parity/backward.test.ts.
"""

import importlib
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from edits import on_pattern
from expected import rows
from golden import begin, write_golden
from points import Record, by_head, first, paths

SEED = 33

PARAMETERS = {
    "galactica": [
        "model.decoder.embed_tokens.weight",
        "model.decoder.embed_positions.weight",
        "model.decoder.layers.0.self_attn_layer_norm.weight",
        "model.decoder.layers.0.self_attn.q_proj.weight",
        "model.decoder.layers.0.self_attn.v_proj.bias",
        "model.decoder.layers.1.self_attn.out_proj.weight",
        "model.decoder.layers.1.fc1.bias",
        "model.decoder.layers.1.fc2.weight",
        "model.decoder.layers.1.fc2.bias",
        "model.decoder.final_layer_norm.bias",
    ],
    "llama-grouped": [
        "model.embed_tokens.weight",
        "model.layers.0.input_layernorm.weight",
        "model.layers.0.self_attn.k_proj.weight",
        "model.layers.1.self_attn.o_proj.weight",
        "model.layers.2.mlp.up_proj.weight",
        "model.norm.weight",
    ],
    "gpt2": [
        "transformer.wte.weight",
        "transformer.wpe.weight",
        "transformer.h.0.ln_1.weight",
        "transformer.h.0.attn.c_attn.weight",
        "transformer.h.1.attn.c_attn.bias",
        "transformer.h.1.attn.c_proj.weight",
        "transformer.h.1.mlp.c_proj.bias",
    ],
}


class Inside:
    """
    What attention modules compute that enters or leaves no module, layer after layer: what the softmax is given, which has the
    gradient of the scores before the mask is added to them, and queries and keys after their rotation.
    """

    def __init__(self, attention):
        self.scores, self.rotated, self.restore = [], [], []
        self.watch(torch.nn.functional, "softmax", lambda args, _: self.scores.append(args[0]))
        place = importlib.import_module(type(attention).__module__)
        if hasattr(place, "apply_rotary_pos_emb"):
            self.watch(place, "apply_rotary_pos_emb", lambda _, out: self.rotated.append(out))

    def watch(self, place, name, keep):
        original = getattr(place, name)

        def watched(*args, **kwargs):
            out = original(*args, **kwargs)
            keep(args, out)
            return out

        setattr(place, name, watched)
        self.restore.append(lambda: setattr(place, name, original))

    def close(self):
        for restore in self.restore:
            restore()


class Run:
    """
    One row through a model, with edits at modules, and the gradients at its hook points afterwards. `inputs` are modules, by
    path, whose input gets a tensor of its own, which nothing else reads, and the edit of its gradient, or None.
    """

    def __init__(self, model, ids, edits, gradient_edits, inputs=()):
        self.model, self.config, self.count = model, model.config, len(ids)
        self.where, self.inner, ends = paths(model.config)
        self.final, self.tables = ends.final, ends.tables or ()
        modules = dict(model.named_modules())
        handles = []
        # Edits of the pattern come in between for the time of their module, so this goes first.
        inside = Inside(modules[self.path((0, "attention"))])
        for path, side, edit in edits:
            name = self.path(path)
            if side == "pattern":
                handles.append(on_pattern(edit)(modules[name]))
            elif side == "bypass":
                # What enters goes on as what comes out, and nothing of the module is on the way.
                past = lambda m, args, out: (args[0], *out[1:]) if isinstance(out, tuple) else args[0]
                handles.append(modules[name].register_forward_hook(past))
            elif side == "input":
                handles.append(modules[name].register_forward_pre_hook(lambda m, args, e=edit: (e(args[0]), *args[1:])))
            else:
                swap = lambda m, args, out, e=edit: (e(out[0]), *out[1:]) if isinstance(out, tuple) else e(out)
                handles.append(modules[name].register_forward_hook(swap))
        self.inputs = {}
        for name, edit in dict(inputs).items():
            handles.append(modules[name].register_forward_pre_hook(self.own(name, edit)))
        # The hooks that keep values come last, so that what they keep is what goes on.
        record = Record(model)
        self.logits = model(torch.tensor([ids]), use_cache=False).logits
        record.close()
        for handle in handles:
            handle.remove()
        inside.close()
        self.kept = self.tensors(record, inside)
        for tensor, _ in self.kept.values():
            tensor.retain_grad()
        for point, edit in gradient_edits:
            self.kept[point][0].register_hook(edit)

    def own(self, name, edit):
        def hook(_module, args):
            self.inputs[name] = own = args[0].clone()
            own.retain_grad()
            if edit:
                own.register_hook(edit)
            return (own, *args[1:])

        return hook

    def path(self, place):
        layer, inner = place
        return f"{self.where}.{layer}" if inner is None else f"{self.where}.{layer}.{getattr(self.inner, inner)}"

    def tensors(self, record, inside):
        heads = self.config.num_attention_heads
        groups = getattr(self.config, "num_key_value_heads", heads)
        flat = lambda g: g.reshape(self.count, -1)
        split = lambda n: lambda g: by_head(flat(g), n)
        whole = lambda g: g[0]
        kept = {"embedding": (record.inputs[f"{self.where}.0"], flat)}
        kept |= {f"embedding.{x}": (record.outputs[path], flat) for x, path in zip(("tokens", "positions"), self.tables)}
        for n in range(self.config.num_hidden_layers):
            layer, here = f"{self.where}.{n}", f"layers.{n}"
            given = lambda path: record.inputs[f"{layer}.{path}"]
            made = lambda path: first(record.outputs[f"{layer}.{path}"])
            inner = self.inner
            kept |= {
                f"{here}.residual.in": (record.inputs[layer], flat),
                f"{here}.attention.norm": (made(inner.norm), flat),
                f"{here}.attention.in": (given(inner.attention), flat),
                f"{here}.attention.scores": (inside.scores[n], whole),
                f"{here}.attention.pattern": (record.outputs[f"{layer}.{inner.attention}"][1], whole),
                f"{here}.attention.z": (given(inner.projected), split(heads)),
                f"{here}.attention.output": (made(inner.attention), flat),
                f"{here}.residual.mid": (given(inner.mid), flat),
                f"{here}.mlp.norm": (made(inner.mlp_norm), flat),
                f"{here}.mlp.in": (given(inner.mlp_in), flat),
                f"{here}.mlp.pre": (made(inner.mlp_pre), flat),
                f"{here}.mlp.hidden": (given(inner.mlp_out), flat),
                f"{here}.mlp.output": (made(inner.mlp_out), flat),
                f"{here}.residual.out": (first(record.outputs[layer]), flat),
            }
            if inner.up:
                kept |= {f"{here}.mlp.gate": (made(inner.act), flat), f"{here}.mlp.up": (made(inner.up), flat)}
            for x, rotated in zip("qk", inside.rotated[n] if inside.rotated else ()):
                kept[f"{here}.attention.{x}Rotary"] = (rotated, whole)
            if len(inner.projections) == 1:
                for i, x in enumerate("qkv"):
                    part = lambda g, i=i: by_head(flat(g).chunk(3, -1)[i], heads)
                    kept[f"{here}.attention.{x}"] = (made(inner.projections[0]), part)
            else:
                for path, x, n_heads in zip(inner.projections, "qkv", (heads, groups, groups)):
                    kept[f"{here}.attention.{x}"] = (made(path), split(n_heads))
        kept["norm"] = (record.outputs[self.final], flat)
        return kept

    def gradients(self, left_out):
        return {name: read(tensor.grad) for name, (tensor, read) in self.kept.items() if not name.startswith(left_out)}


def cross_entropy(run, ids, weights):
    """Weighted sum over positions of −log p(label), the label of a position being the next token, of the last the first."""
    labels = torch.tensor(ids[1:] + ids[:1])
    return (run.logits[0].log_softmax(-1).gather(-1, labels[:, None])[:, 0].neg() * weights).sum()


def early(run, ids, weights):
    residual = run.kept["layers.0.residual.out"][0][0]
    pattern = run.kept["layers.0.attention.pattern"][0][0]
    extra = (residual.square().sum(-1) * weights).sum() * 0.01 + (pattern.square().sum((0, 2)) * weights).sum()
    return cross_entropy(run, ids, weights) + extra


def cases(A, b, direction):
    mix = lambda x: x.softmax(-1) * x * 4
    affine = lambda x: x + x @ A.T + b
    out = lambda g: g - (g @ direction)[..., None] * direction
    return {
        "plain": (cross_entropy, [], []),
        "early": (early, [], []),
        "mixed": (cross_entropy, [((0, "mlp_out"), "input", lambda x: x * 2), ((1, "mlp_out"), "input", mix)], []),
        "edited": (
            cross_entropy,
            [],
            [
                ("layers.0.residual.out", lambda g: g * 3),
                ("layers.1.attention.output", lambda g: g * 0),
                ("layers.1.mlp.hidden", out),
            ],
        ),
        "skipped": (cross_entropy, [((1, None), "bypass", None)], []),
        "trained": (cross_entropy, [((0, None), "output", affine), ((1, "attention"), "output", affine)], []),
    }


def differentiable(folder: Path):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    # An embedding with a padding token leaves its row out when it goes backward; the derivative does not.
    model.get_input_embeddings().padding_idx = None
    return model


def relative(a, b):
    """Largest difference as a share of the largest number of `b`."""
    return ((a - b).abs().max() / b.abs().max()).item()


def expect(folder: Path, out: Path) -> None:
    model = differentiable(folder)
    config = model.config
    generator = torch.Generator().manual_seed(SEED)
    units = config.hidden_size
    inner = getattr(config, "ffn_dim", None) or getattr(config, "intermediate_size", None) or 4 * units
    A = (torch.randn(units, units, generator=generator) * 0.1).requires_grad_()
    b = (torch.randn(units, generator=generator) * 0.1).requires_grad_()
    direction = torch.randn(inner, generator=generator)
    direction /= direction.norm()
    tensors = {"A": A.detach().clone(), "b": b.detach().clone(), "direction": direction}
    losses = {}
    place, _, ends = paths(config)
    for case, (loss_of, edits, gradient_edits) in cases(A, b, direction).items():
        for leaf in [A, b, *model.parameters()]:
            leaf.grad = None
        total = 0
        for r, ids in enumerate(rows(config.vocab_size)[:2]):
            run = Run(model, ids, edits, gradient_edits)
            weights = 1 + 0.1 * torch.arange(len(ids))
            loss = loss_of(run, ids, weights)
            loss.backward()
            total += loss.item()
            for point, gradient in run.gradients(("layers.1.",) if case == "skipped" else ()).items():
                if case == "plain" or "residual" in point:
                    tensors[f"{case}.rows.{r}.{point}"] = gradient.contiguous().clone()
        losses[case] = tensors[f"{case}.loss"] = torch.tensor(total)
        parameters = dict(model.named_parameters())
        if case in ("plain", "skipped"):
            for path in PARAMETERS[folder.name]:
                if case == "skipped" and path.startswith(f"{place}.1."):
                    continue
                tensors[f"{case}.parameter.{path}"] = parameters[path].grad.clone()
        if case == "trained":
            tensors |= {f"{case}.trained.A": A.grad.clone(), f"{case}.trained.b": b.grad.clone()}
    # An edit that changes nothing tests nothing.
    for case in ("early", "mixed", "skipped", "trained"):
        if abs(losses[case] - losses["plain"]) < 1e-2:
            raise AssertionError(f"{folder.name}: {case} does not move the loss")
    early_gradient = "rows.0.layers.0.residual.in"
    if relative(tensors[f"edited.{early_gradient}"], tensors[f"plain.{early_gradient}"]) < 1e-2:
        raise AssertionError(f"{folder.name}: edited does not move the gradient")
    with torch.no_grad():
        for r, ids in enumerate(rows(config.vocab_size)[:2]):
            record = Record(model)
            model(torch.tensor([ids]), use_cache=False)
            record.close()
            residual = first(record.outputs[f"{place}.0"])[0]
            tensors[f"lens.rows.{r}"] = model.lm_head(model.get_submodule(ends.final)(residual)).clone()
    write_golden(out / f"{folder.name}.safetensors", tensors, seed=SEED)
    print(f"{folder.name:24} {len(tensors)} tensors, losses {[round(x.item(), 3) for x in losses.values()]}")


def main() -> None:
    checkpoints, out = begin()
    for name in PARAMETERS:
        expect(checkpoints / name, out)


if __name__ == "__main__":
    main()
