"""
Logits under a hook at every module, by its path: `module_hooks.py CHECKPOINTS OUT`.

Writes OUT/NAME.safetensors with `PATH` (the module's output is edited) and `PATH.input` (its input is, by a forward
pre-hook) → [row, token]: the first logits of each row's last position, the row run alone in float32 with eager attention.
The edit is 2·tanh, which neither a norm undoes nor a layout of heads changes. Of the layers only layer 1 is hooked.
"""

import re
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM
from transformers.utils import ModelOutput

from expected import rows
from golden import begin, write_golden

NAMES = ("opt", "opt-350m", "llama-grouped", "gpt2", "gpt-neox", "gpt-neox-sequential")
TOKENS = 64


def change(x):
    return torch.tanh(x) * 2


def edit_output(module, args, output):
    if isinstance(output, ModelOutput):
        output.last_hidden_state = change(output.last_hidden_state)
        return output
    return (change(output[0]), *output[1:]) if isinstance(output, tuple) else change(output)


def edit_input(module, args, kwargs):
    if args:
        return (change(args[0]), *args[1:]), kwargs
    return args, kwargs | {"hidden_states": change(kwargs["hidden_states"])}


def hookable(model) -> list[str]:
    """Paths of which input or output is a floating-point value of the model, as PyTorch's hooks see it."""
    seen = []

    def see(path):
        def hook(module, args, kwargs, output):
            given = args[0] if args else kwargs.get("hidden_states")
            first = output[0] if isinstance(output, (tuple, ModelOutput)) else output
            # Tables of embeddings read ids, or a mask that they count positions by.
            reads_ids = "Embedding" in type(module).__name__
            if torch.is_tensor(given) and given.is_floating_point() and not reads_ids:
                seen.append(f"{path}.input")
            if torch.is_tensor(first):
                seen.append(path)

        return hook

    handles = [
        module.register_forward_hook(see(path), with_kwargs=True)
        for path, module in model.named_modules()
        # Rotary tables are of no layer, and what they read serves only for its dtype.
        if path and not path.endswith("rotary_emb") and all(n == "1" for n in re.findall(r"\.(\d+)(?:\.|$)", path))
    ]
    model(torch.tensor([[2, 3]]), use_cache=False)
    for handle in handles:
        handle.remove()
    return seen


def logits_of(model, ids):
    return model(torch.tensor([ids]), use_cache=False).logits[0, -1, :TOKENS].clone()


@torch.no_grad()
def expect(folder: Path, out: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    batch = rows(model.config.vocab_size)
    bare = torch.stack([logits_of(model, ids) for ids in batch])
    tensors = {}
    for path in hookable(model):
        module = model.get_submodule(path.removesuffix(".input"))
        if path.endswith(".input"):
            handle = module.register_forward_pre_hook(edit_input, with_kwargs=True)
        else:
            handle = module.register_forward_hook(edit_output)
        tensors[path] = torch.stack([logits_of(model, ids) for ids in batch])
        handle.remove()
        # An edit that changes nothing tests nothing.
        moved = (tensors[path] - bare).abs().amax(1)
        if moved.min() < 1e-2:
            raise AssertionError(f"{folder.name}: {path} moves the logits by {moved.tolist()}")
    write_golden(out / f"{folder.name}.safetensors", tensors)
    print(f"{folder.name:24} {len(tensors)} paths")


def main() -> None:
    checkpoints, out = begin()
    for name in NAMES:
        expect(checkpoints / name, out)


if __name__ == "__main__":
    main()
