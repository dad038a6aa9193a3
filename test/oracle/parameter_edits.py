"""
Logits with one parameter changed: `parameter_edits.py CHECKPOINTS OUT`.

Writes OUT/NAME.safetensors with the parameter's name → [row, token]: the first logits of each row's last position, the row
run alone in float32 with eager attention, after 0.3·sin(0.7 i) was added to the parameter's i-th entry, row by row. Of the
layers only those of layer 1 are changed.
"""

import re
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM

from expected import rows
from golden import begin, write_golden
from module_hooks import TOKENS, logits_of

NAMES = ("opt", "llama-grouped", "gpt2", "gpt-neox")


def wave(parameter: torch.Tensor) -> torch.Tensor:
    count = parameter.numel()
    return torch.from_numpy((0.3 * np.sin(0.7 * np.arange(count))).astype(np.float32)).reshape(parameter.shape)


@torch.no_grad()
def expect(folder: Path, out: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    batch = rows(model.config.vocab_size)
    all_logits = lambda: torch.stack([logits_of(model, ids) for ids in batch])
    bare, tensors = all_logits(), {}
    for name, parameter in model.named_parameters():
        # A bias of all keys adds the same to all scores of a query, which softmax takes away again.
        if name.endswith("k_proj.bias") or any(n != "1" for n in re.findall(r"\.(\d+)\.", name)):
            continue
        before = parameter.clone()
        parameter.add_(wave(parameter))
        tensors[name] = all_logits()
        parameter.copy_(before)
        # An edit that changes nothing tests nothing.
        if (tensors[name] - bare).abs().max() < 1e-2:
            raise AssertionError(f"{folder.name}: {name} does not move the logits")
    torch.testing.assert_close(all_logits(), bare, atol=0, rtol=0)
    write_golden(out / f"{folder.name}.safetensors", tensors)
    print(f"{folder.name:24} {len(tensors)} parameters, {TOKENS} tokens")


def main() -> None:
    checkpoints, out = begin()
    for name in NAMES:
        expect(checkpoints / name, out)


if __name__ == "__main__":
    main()
