"""
Golden checkpoints in 8 bits, saved by transformers with bitsandbytes: `bitsandbytes_checkpoints.py CHECKPOINTS OUT`.

Not a step of `npm run oracle`, whose environment does not hold bitsandbytes: these files are input, as a published checkpoint
would be, and quantised.py says what they mean. Made with bitsandbytes 0.50.2 and accelerate 1.15.0 beside that environment.
GPT-2 is among them because its weights are saved turned round, which must be refused.
"""

import json
import shutil
import sys
from pathlib import Path

import transformers
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

NAMES = ("opt-350m", "galactica", "llama-grouped", "gpt2")


def main() -> None:
    checkpoints, out = map(Path, sys.argv[1:3])
    transformers.logging.set_verbosity_error()
    for name in NAMES:
        shutil.rmtree(out / name, ignore_errors=True)
        eight = BitsAndBytesConfig(load_in_8bit=True)
        model = AutoModelForCausalLM.from_pretrained(checkpoints / name, quantization_config=eight, device_map="cpu")
        model.save_pretrained(out / name)
        method = json.loads((out / name / "config.json").read_text())["quantization_config"]["quant_method"]
        print(f"{name:24} {method}")


if __name__ == "__main__":
    main()
