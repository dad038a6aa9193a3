"""peft loads what the library saved, and gives its own logits: `peft_loads.py CHECKPOINTS GOLDENS FOLDER`. Exit 1 on a difference."""

import json
import sys
from pathlib import Path

import safetensors.torch
import torch
import transformers
from peft import PeftModel
from transformers import AutoModelForCausalLM


def main() -> None:
    checkpoints, goldens, folder = map(Path, sys.argv[1:4])
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    worst, count, begun = 0.0, 0, []
    for saved in sorted(folder.iterdir()):
        expected = safetensors.torch.load_file(goldens / f"{saved.name}.safetensors")
        model = AutoModelForCausalLM.from_pretrained(checkpoints / saved.name, dtype=torch.float32, attn_implementation="eager")
        with torch.no_grad():
            bare = model.eval()(expected["ids.0"][None]).logits[0, -1]
            loaded = PeftModel.from_pretrained(model, saved).eval()
            logits = loaded(input_ids=expected["ids.0"][None]).logits[0]
        note = saved / "vitrail_prompt.json"
        init = json.loads(note.read_text())["init"]["init"] if note.exists() else None
        begun.append(loaded.peft_config["default"].prompt_tuning_init)
        # Of what is not known peft says its default.
        if begun[-1] != {"vocab": "SAMPLE_VOCAB", "random": "RANDOM", "text": "TEXT", None: "RANDOM"}[init]:
            sys.exit(f"{saved.name}: peft reads that it began as {begun[-1]}, the library wrote {init}")
        if (bare - logits[-1]).abs().max() < 1e-2:
            sys.exit(f"{saved.name}: the prompt changes nothing")
        worst, count = max(worst, (logits - expected["logits"]).abs().max().item()), count + 1
    if set(begun) != {"TEXT", "SAMPLE_VOCAB", "RANDOM"}:
        sys.exit(f"prompts that began as {begun}: each way must be among them")
    if count == 0 or worst > 1e-5:
        sys.exit(f"logits of {count} prompts differ by {worst:.3g}")
    print(f"logits of {count} prompts that the library saved within {worst:.2g}")


if __name__ == "__main__":
    main()
