"""What scripts that make goldens of models begin and end with: the same settings, and files that say what made them."""

import json
import sys
from pathlib import Path

import safetensors.torch
import torch
import transformers


def begin() -> tuple[Path, ...]:
    """The script's arguments, the last of which is the folder to write to: it is made. Libraries are quiet, on one thread."""
    paths = tuple(map(Path, sys.argv[1:]))
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    paths[-1].mkdir(parents=True, exist_ok=True)
    return paths


def write_golden(file: Path, tensors: dict[str, torch.Tensor], **about) -> dict:
    """Writes tensors, floating ones in float32, with what they are about and the versions that made them. Returns that."""
    about |= {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__}
    stored = {name: (value.float() if value.is_floating_point() else value).detach().clone().contiguous() for name, value in tensors.items()}
    # One key only: the library writes several in no fixed order.
    safetensors.torch.save_file(stored, file, {"provenance": json.dumps(about)})
    return about
