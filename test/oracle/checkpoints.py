"""Make the golden checkpoints: `checkpoints.py OUT`. Equal versions give equal bytes."""

import json
import shutil
import sys
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM

import layouts
import vocabulary
from architectures import SPECS, Spec
from parameters import randomise


def make(spec: Spec, folder: Path) -> None:
    """Write one checkpoint folder, then read it back with transformers and require the same parameters."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(spec.config, indent=1, sort_keys=True) + "\n")
    vocabulary.write(folder, spec.tokenizer, spec.config["model_type"])

    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder), dtype=torch.float32)
    randomise(model, spec.seed)
    model.to(getattr(torch, spec.dtype))
    if spec.modern:
        model.config.dtype = getattr(torch, spec.dtype)
        model.config.save_pretrained(folder)
    generation = {"_from_model_config": True, "eos_token_id": spec.config["eos_token_id"]}
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=1, sort_keys=True) + "\n")
    layouts.write(model, spec, folder)

    again = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, spec.dtype))
    expected = dict(model.named_parameters())
    for name, parameter in again.named_parameters():
        if not torch.equal(parameter, expected[name]):
            raise AssertionError(f"{spec.name}: transformers reads another {name} than was written")


def main() -> None:
    out = Path(sys.argv[1])
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    for spec in SPECS:
        make(spec, out / spec.name)
        size = sum(f.stat().st_size for f in (out / spec.name).iterdir())
        print(f"{spec.name:24} {size / 1000:7.0f} kB")
    about = {
        "seeds": {spec.name: spec.seed for spec in SPECS},
        "versions": {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__},
    }
    (out / "provenance.json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
