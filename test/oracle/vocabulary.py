"""A tiny byte-level BPE tokenizer, written in the two ways that checkpoints publish theirs."""

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

SPECIAL = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
SIZE = 280

SENTENCES = [
    "The nurse said that he would be there, and she said that she would not.",
    "The engineer told the teacher that they had found the other one.",
    "There is light behind the coloured glass, and lead around each piece of it.",
]


def train() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    assert tokenizer.get_vocab_size() == SIZE
    return tokenizer


def write(folder: Path, kind: str, model_type: str) -> None:
    """Write the tokenizer files into `folder`: one "tokenizer.json", or "vocab.json" beside "merges.txt"."""
    tokenizer = train()
    if kind == "tokenizer.json":
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    else:
        # The fast library writes exactly the two files that GPT-2 and OPT publish.
        tokenizer.model.save(str(folder))
    settings = {"errors": "replace", "add_prefix_space": False, "model_max_length": 2048}
    if model_type == "opt":
        settings |= {"tokenizer_class": "GPT2Tokenizer", "add_bos_token": True}
    elif kind == "vocab.json":
        settings |= {"tokenizer_class": "GPT2Tokenizer"}
    else:
        settings |= {"tokenizer_class": "PreTrainedTokenizerFast"}
    bos = "</s>" if model_type in ("opt", "gpt2") else "<s>"
    names = {"bos_token": bos, "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | names, indent=1) + "\n")
    (folder / "special_tokens_map.json").write_text(json.dumps(names, indent=1) + "\n")
