"""Read the checkpoints that the library trained with transformers: trained.py FOLDER. Logits and ids must be the library's."""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = Path(sys.argv[1])
worst = 0.0
for family in ("opt", "llama"):
    model, loading = AutoModelForCausalLM.from_pretrained(folder / family, dtype=torch.float32, output_loading_info=True)
    odd = {kind: names for kind, names in loading.items() if names}
    if odd:
        sys.exit(f"{family}: transformers loads it with {odd}")
    said = json.loads((folder / f"{family}.json").read_text())
    ids = torch.tensor(said["rows"])
    with torch.no_grad():
        expected = model.eval()(ids).logits
    got = load_file(folder / f"{family}.safetensors")["logits"]
    if expected.std() < 0.1:
        sys.exit(f"{family}: logits deviate by {expected.std():.3g}: it has learnt nothing")
    worst = max(worst, (expected - got).abs().max().item())
    tokenizer = AutoTokenizer.from_pretrained(folder / family)
    if tokenizer(said["text"])["input_ids"] != said["ids"]:
        sys.exit(f"{family}: transformers reads {tokenizer(said['text'])['input_ids']}, the library {said['ids']}")
    if model.config.vocab_size != len(tokenizer) or said["ids"][0] != model.config.bos_token_id:
        sys.exit(f"{family}: tokenizer of {len(tokenizer)} tokens for a model of {model.config.vocab_size}")
if worst > 1e-4:
    sys.exit(f"logits differ by {worst:.3g}")
print(f"logits of trained checkpoints within {worst:.1e}")
