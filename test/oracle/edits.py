"""
Logits under edits by plain PyTorch hooks: `edits.py CHECKPOINTS OUT`.

Writes OUT/NAME.safetensors with `CASE.rows.R.logits` of each row's own unpadded run in float32 with eager attention, and
what some cases add, set or project out: `vector` [unit] of the stream, `hidden` [unit] of the MLP, `heads` [head, unit]. The cases mean the same as those of test/parity/edits.test.ts.
"""

from pathlib import Path
from types import SimpleNamespace

import torch
from transformers import AutoModelForCausalLM

from expected import rows
from golden import begin, write_golden

SEED = 22

# Where each architecture keeps the modules that the cases hook.
PATHS = {
    "opt": {
        "layer": "model.decoder.layers.0",
        "last": "model.decoder.layers.2",
        "attention": "model.decoder.layers.1.self_attn",
        "z": "model.decoder.layers.0.self_attn.out_proj",
        "hidden": "model.decoder.layers.1.fc2",
        "q": "model.decoder.layers.0.self_attn.q_proj",
    },
    "llama-grouped": {
        "layer": "model.layers.0",
        "last": "model.layers.2",
        "attention": "model.layers.1.self_attn",
        "z": "model.layers.0.self_attn.o_proj",
        "hidden": "model.layers.1.mlp.down_proj",
        "q": "model.layers.0.self_attn.q_proj",
    },
    "gpt2": {
        "layer": "transformer.h.0",
        "last": "transformer.h.1",
        "attention": "transformer.h.1.attn",
        "z": "transformer.h.0.attn.c_proj",
        "hidden": "transformer.h.1.mlp.c_proj",
        # Queries, keys and values side by side.
        "q": "transformer.h.0.attn.c_attn",
    },
}


def on_output(edit):
    def hook(module, args, output):
        if isinstance(output, tuple):
            return (edit(output[0]), *output[1:])
        return edit(output)

    return lambda module: module.register_forward_hook(hook)


def on_input(edit):
    return lambda module: module.register_forward_pre_hook(lambda module, args: (edit(args[0]), *args[1:]))


def left_out(module):
    """Lets what a layer is given through in place of what it gives."""

    def hook(module, args, kwargs, output):
        given = args[0] if args else kwargs["hidden_states"]
        return (given, *output[1:]) if isinstance(output, tuple) else given

    return module.register_forward_hook(hook, with_kwargs=True)


def output_of(model, module, ids):
    """What a module gives in a run of its own."""
    seen = []
    handle = on_output(lambda x: seen.append(x.clone()) or x)(module)
    model(torch.tensor([ids]))
    handle.remove()
    return seen[0]


def on_pattern(edit):
    """Edits the attention probabilities inside an attention module, which have no module of their own."""

    def attach(module):
        softmax, forward = torch.nn.functional.softmax, module.forward

        def edited(*args, **kwargs):
            torch.nn.functional.softmax = lambda x, **how: edit(softmax(x, **how))
            try:
                return forward(*args, **kwargs)
            finally:
                torch.nn.functional.softmax = softmax

        module.forward = edited
        return SimpleNamespace(remove=lambda: delattr(module, "forward"))

    return attach


def sort_heads(x, heads, size):
    """Sorts queries over the heads, unit by unit."""
    q = x[..., : heads * size].unflatten(-1, (heads, size)).sort(-2).values.flatten(-2)
    return torch.cat((q, x[..., heads * size :]), -1)


def zero_head(x, head, size):
    x = x.clone()
    x[..., head * size : (head + 1) * size] = 0
    return x


def only_head(x, head, size):
    return x - zero_head(x, head, size)


def add_head(x, head, vectors):
    moved = torch.zeros_like(vectors)
    moved[head] = vectors[head]
    return x + moved.flatten()


def out_of(x, vector):
    """Without what lies along a direction of the last axis."""
    direction = vector / vector.norm()
    return x - (x @ direction)[..., None] * direction


def by_head(edit, size):
    """Edits each head's units by themselves, as ours stand at such a module's path."""
    return lambda x: edit(x.unflatten(-1, (-1, size))).flatten(-2)


def on_queries(edit, width):
    return lambda x: torch.cat((edit(x[..., :width]), x[..., width:]), -1)


def last_position(x, change):
    x = x.clone()
    x[:, -1] = change(x[:, -1])
    return x


def only_units(x, y):
    return torch.cat((x[..., :3], y[..., 3:9], x[..., 9:]), -1)


# Two cases at once.
TOGETHER = {"addAndScaleUnits": ("add", "scaleUnits"), "skippedBoth": ("skipped", "skippedLast")}


def cases(vector, hidden, vectors, other, all_tokens):
    """`vector` is of the stream, `hidden` of the MLP, `vectors` one for each head. `other` is what the layer gives for the row turned around; `all_tokens` what the attention gives for all rows."""
    direction = vector / vector.norm()
    heads, size = vectors.shape
    onto = lambda x: (x @ direction)[..., None] * direction
    return {
        "scale": ("layer", on_output(lambda x: x * 1.75)),
        "add": ("layer", on_output(lambda x: x + vector)),
        "addLast": ("layer", on_output(lambda x: last_position(x, lambda y: y + 2 * vector))),
        "setFirst": ("layer", on_output(lambda x: torch.cat((vector.expand(len(x), 1, -1), x[:, 1:]), 1))),
        "zeroAttention": ("attention", on_output(lambda x: x * 0)),
        "mean": ("attention", on_output(lambda x: x.mean(1, keepdim=True).expand_as(x))),
        "meanAll": ("attention", on_output(lambda x: all_tokens.mean((0, 1)).expand_as(x))),
        "meanUnits": ("layer", on_output(lambda x: x.mean(-1, keepdim=True) + 0 * x)),
        "meanHeads": ("attention", on_pattern(lambda x: x.mean(1, keepdim=True).expand_as(x))),
        "meanKeys": ("attention", on_pattern(lambda x: x.mean(-1, keepdim=True).expand_as(x))),
        "meanQueries": ("attention", on_pattern(lambda x: x.mean(-2, keepdim=True).expand_as(x))),
        "keepHead": ("z", on_input(lambda x: only_head(x, 1, size))),
        "patched": ("layer", on_output(lambda x: torch.cat((x[:, :-2], other[:, -2:]), 1))),
        "skipped": ("layer", left_out),
        "skippedLast": ("last", left_out),
        "projectOut": ("layer", on_output(lambda x: out_of(x, vector))),
        "projectOnto": ("attention", on_output(onto)),
        "zeroHead": ("z", on_input(lambda x: zero_head(x, 1, size))),
        "tracedHidden": ("hidden", on_input(lambda x: x.softmax(-1) * x * 4)),
        # Units are chosen of what the function gives for all of them.
        "tracedUnits": ("hidden", on_input(lambda x: only_units(x, x.softmax(-1) * 16))),
        "meanOfUnits": ("layer", on_output(lambda x: only_units(x, x.mean(-1, keepdim=True) + 0 * x))),
        "scaleUnits": ("hidden", on_input(lambda x: only_units(x, x * -3))),
        "addHidden": ("hidden", on_input(lambda x: x + hidden)),
        "setHidden": ("hidden", on_input(lambda x: hidden.expand_as(x))),
        "setHiddenUnits": ("hidden", on_input(lambda x: only_units(x, hidden.expand_as(x)))),
        "projectHidden": ("hidden", on_input(lambda x: out_of(x, hidden))),
        "addHead": ("z", on_input(lambda x: add_head(x, 1, vectors))),
        "setHeads": ("z", on_input(lambda x: torch.cat((vectors.flatten().expand(len(x), 1, -1), x[:, 1:]), 1))),
        "projectHeads": ("z", on_input(by_head(lambda x: out_of(x, vectors[0]), size))),
        # All units of all heads together, of the queries alone.
        "alongQueries": ("q", on_output(on_queries(lambda x: 8 * (x - out_of(x, vectors.flatten())), heads * size))),
        # By the path of a module, an edit of ours that mixes units mixes those of each head.
        "softmaxOutput": ("q", on_output(by_head(lambda x: x.softmax(-1) * 8, size))),
        "softmaxInput": ("z", on_input(by_head(lambda x: x.softmax(-1) * 8, size))),
        "hostSoftmax": ("layer", on_output(lambda x: x.softmax(-1) * 16)),
        "hostTurned": ("layer", on_output(lambda x: last_position(x, lambda y: torch.cat((y[:, :3], y[:, 3:9].flip(-1), y[:, 9:]), -1)))),
        "hostSorted": ("hidden", on_input(lambda x: x.sort(-1).values)),
        "hostHeads": ("q", on_output(lambda x: sort_heads(x, heads, size))),
        "hostPattern": ("attention", on_pattern(lambda x: x.softmax(1) * x * 4)),
    }


def expect(folder: Path, out: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    config = model.config
    generator = torch.Generator().manual_seed(SEED)
    vector = torch.randn(config.hidden_size, generator=generator)
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    vectors = torch.randn(config.num_attention_heads, size, generator=generator)
    modules = dict(model.named_modules())
    paths = PATHS[folder.name]
    seen = []
    with torch.no_grad():
        handle = on_input(lambda x: seen.append(x.shape[-1]) or x)(modules[paths["hidden"]])
        model(torch.tensor([[1]]))
        handle.remove()
        hidden = torch.randn(seen[0], generator=generator)
        all_tokens = [output_of(model, modules[paths["attention"]], ids) for ids in rows(config.vocab_size)]
    tensors = {"vector": vector, "hidden": hidden, "heads": vectors}
    for r, ids in enumerate(rows(config.vocab_size)):
        with torch.no_grad():
            bare = model(torch.tensor([ids])).logits[0]
            other = output_of(model, modules[paths["layer"]], ids[::-1])
            own = cases(vector, hidden, vectors, other, torch.cat(all_tokens, 1))
            singly = {case: (case,) for case in own}
            for case, parts in (singly | TOGETHER).items():
                handles = [own[part][1](modules[paths[own[part][0]]]) for part in parts]
                logits = model(torch.tensor([ids])).logits[0]
                for handle in handles:
                    handle.remove()
                # An edit that changes nothing tests nothing, and neither do two of which one changes nothing.
                others = [bare, *(tensors[f"{part}.rows.{r}.logits"] for part in parts if part != case)]
                if any((logits - other).abs().max() < 1e-2 for other in others):
                    raise AssertionError(f"{folder.name}: {case} does not move the logits")
                tensors[f"{case}.rows.{r}.logits"] = logits.clone()
    write_golden(out / f"{folder.name}.safetensors", tensors, seed=SEED)
    print(f"{folder.name:24} {len(tensors)} tensors")


def main() -> None:
    checkpoints, out = begin()
    for name in PATHS:
        expect(checkpoints / name, out)


if __name__ == "__main__":
    main()
