"""
How transformers turns positions: `rotary.py CHECKPOINTS OUT`.

Writes OUT/settings.json, with the frequencies and the factor of cosines and sines for every kind of rotary scaling that is
read, and OUT/logits.safetensors, with logits `NAME` of golden checkpoints whose configs ask for YaRN, at positions below and
above the length that it starts from; what NAME is is in OUT/logits.json.
"""

import json

import torch
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.gpt_neox.modeling_gpt_neox import GPTNeoXRotaryEmbedding
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

from golden import begin, write_golden

SEED = 31
SIZES = {"hidden_size": 64, "num_attention_heads": 4, "max_position_embeddings": 128}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "rope_theta": 10000.0}


def llama(**rope) -> dict:
    return {"model_type": "llama", **SIZES, "rope_parameters": rope}


def yarn(**rope) -> dict:
    return llama(**{**YARN, **rope})


OLD = {"type": "yarn", "factor": 16.0, "original_max_position_embeddings": 64, "finetuned": True}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
CASES = {
    "default": llama(rope_type="default", rope_theta=10000.0),
    "linear": llama(rope_type="linear", factor=4.0, rope_theta=10000.0),
    "llama3": llama(**LLAMA3, original_max_position_embeddings=64, rope_theta=500000.0),
    "yarn": yarn(),
    "yarn with its betas": yarn(beta_fast=8, beta_slow=0.5),
    "yarn whose betas are one": yarn(beta_fast=2, beta_slow=2, truncate=False),
    "yarn not truncated": yarn(truncate=False),
    "yarn whose truncate is null": yarn(truncate=None),
    "yarn with its attention factor": yarn(attention_factor=1.3),
    "yarn with both weights": yarn(mscale=0.707, mscale_all_dim=1.0),
    "yarn with one weight": yarn(mscale=0.5),
    "yarn with a weight of 0": yarn(mscale=0.0, mscale_all_dim=1.0),
    "yarn with both weights and its attention factor": yarn(mscale=2.0, mscale_all_dim=1.0, attention_factor=0.9),
    "yarn that shortens": yarn(factor=0.5),
    "yarn from few tokens": yarn(original_max_position_embeddings=4),
    "yarn from as many tokens as the config has": llama(rope_type="yarn", factor=4.0, rope_theta=10000.0),
    "yarn as it was written": {"model_type": "llama", **SIZES, "rope_theta": 500000.0, "rope_scaling": OLD},
    "yarn of a share": {
        "model_type": "gpt_neox",
        **{**SIZES, "hidden_size": 128},
        "rotary_pct": 0.5,
        "rotary_emb_base": 10000,
        "rope_scaling": {"type": "yarn", "factor": 2.0, "original_max_position_embeddings": 64},
    },
}

LOGITS = {
    "llama": ("llama-biased", {"rope_scaling": {"type": "yarn", "factor": 8.0, "original_max_position_embeddings": 8}}),
    "llama, sharper": (
        "llama-biased",
        {"rope_scaling": {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 16, "attention_factor": 1.5}},
    ),
    "gpt-neox": ("gpt-neox-tied", {"rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8}}),
}
LENGTH = 30
POSITIONS = [2, 7, 8, 15, 16, 29]


def turning(case: dict) -> dict:
    config = AutoConfig.for_model(**case)
    make = {"llama": LlamaRotaryEmbedding, "gpt_neox": GPTNeoXRotaryEmbedding}[case["model_type"]]
    module = make(config)
    return {"config": case, "frequencies": module.inv_freq.tolist(), "scale": module.attention_scaling}


def main() -> None:
    checkpoints, out = begin()
    # `for_model` writes into what it is given.
    settings = {name: {**turning(json.loads(json.dumps(case))), "config": case} for name, case in CASES.items()}
    (out / "settings.json").write_text(json.dumps(settings, indent=1) + "\n")

    generator = torch.Generator().manual_seed(SEED)
    tensors, about = {}, {}
    for name, (checkpoint, changes) in LOGITS.items():
        folder = checkpoints / checkpoint
        config = AutoConfig.for_model(**{**json.loads((folder / "config.json").read_text()), **json.loads(json.dumps(changes))})
        model = AutoModelForCausalLM.from_pretrained(
            folder, config=config, dtype=torch.float32, attn_implementation="eager"
        ).eval()
        ids = torch.randint(3, config.vocab_size, (1, LENGTH), generator=generator)
        with torch.no_grad():
            tensors[name] = model(ids).logits[0, POSITIONS]
        about[name] = {"checkpoint": checkpoint, "changes": changes, "ids": ids[0].tolist(), "positions": POSITIONS}
        print(f"{name:16} logits {tensors[name].std():.2f}")
    write_golden(out / "logits.safetensors", tensors, seed=str(SEED))
    (out / "logits.json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
