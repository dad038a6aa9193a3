"""Make an OPT checkpoint with random weights: `checkpoint.py SHAPE OUT`. Shapes: opt-125m, tiny."""

import json
import sys
from pathlib import Path

import torch
from transformers import OPTConfig, OPTForCausalLM

SHAPES = {
    "opt-125m": {},
    "tiny": {
        "vocab_size": 307,
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "ffn_dim": 256,
        "num_attention_heads": 4,
        "word_embed_proj_dim": 64,
        "max_position_embeddings": 512,
    },
}


def main() -> None:
    shape, out = sys.argv[1], Path(sys.argv[2])
    torch.manual_seed(125)
    # OPTConfig's defaults are the 125M shape.
    model = OPTForCausalLM(OPTConfig(**SHAPES[shape]))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1:
                parameter.add_(0.1 * torch.randn_like(parameter))
    model.save_pretrained(out)
    vocabulary = {f"<{i}>": i for i in range(model.config.vocab_size)}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [],
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "<3>"},
    }
    (out / "tokenizer.json").write_text(json.dumps(tokenizer))
    (out / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    (out / "complete").touch()


if __name__ == "__main__":
    main()
