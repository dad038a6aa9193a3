"""A small tokenizer per family, in the files and with the settings that the published checkpoints carry."""

import json
from collections import Counter
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from tokenizer_text import CORPUS

ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def added(id: int, content: str, special: bool = True, normalized: bool = False) -> dict:
    strips = {"single_word": False, "lstrip": False, "rstrip": False}
    return {"id": id, "content": content, **strips, "normalized": normalized, "special": special}


def typed(content: str, normalized: bool) -> dict:
    """A special token as older versions of transformers wrote it."""
    token = added(0, content, normalized=normalized)
    del token["id"], token["special"]
    return {"__type": "AddedToken", **token}


def learn(tokenizer: Tokenizer, size: int, special: list[str], alphabet: list[str], corpus: list[str]):
    """Vocabulary (in the order of the ids) and merges of a BPE learnt on the corpus."""
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(corpus, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return dict(sorted(model["vocab"].items(), key=lambda item: item[1])), model["merges"]


def byte_level(size: int, special: list[str], split=None, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = split or pre_tokenizers.ByteLevel(add_prefix_space=False)
    return learn(tokenizer, size, special, ALPHABET, CORPUS)


def pipeline(vocab, merges, tokens, normalizer, split, post, decoder, **model) -> dict:
    bpe = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
    }
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": tokens,
        "normalizer": normalizer,
        "pre_tokenizer": split,
        "post_processor": post,
        "decoder": decoder,
        "model": {**bpe, **model, "vocab": vocab, "merges": merges},
    }


def template(bos: str, id: int) -> dict:
    first, text = {"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}
    second = [{"SpecialToken": {"id": bos, "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}]
    return {
        "type": "TemplateProcessing",
        "single": [first, text],
        "pair": [first, text, *second],
        "special_tokens": {bos: {"id": bos, "ids": [id], "tokens": [bos]}},
    }


def two_files(vocab: dict, merges: list) -> dict:
    lines = "".join(f"{left} {right}\n" for left, right in merges)
    return {"vocab.json": vocab, "merges.txt": "#version: 0.2\n" + lines}


def opt() -> dict:
    vocab, merges = byte_level(540, ["<s>", "<pad>", "</s>", "<unk>"])
    end = typed("</s>", normalized=True)
    config = {
        "errors": "replace",
        "unk_token": end,
        "bos_token": end,
        "eos_token": end,
        "pad_token": typed("<pad>", normalized=True),
        "add_prefix_space": False,
        "add_bos_token": True,
        "special_tokens_map_file": None,
        "tokenizer_class": "GPT2Tokenizer",
    }
    plain = {key: value for key, value in end.items() if key != "__type"}
    names = {"bos_token": plain, "eos_token": plain, "unk_token": plain, "pad_token": {**plain, "content": "<pad>"}}
    return {
        "config.json": {"model_type": "opt"},
        "tokenizer_config.json": config,
        "special_tokens_map.json": names,
        **two_files(vocab, merges),
    }


def gpt2() -> dict:
    vocab, merges = byte_level(500, [])
    vocab["<|endoftext|>"] = len(vocab)
    config = {"model_max_length": 1024}
    return {"config.json": {"model_type": "gpt2"}, "tokenizer_config.json": config, **two_files(vocab, merges)}


def gpt_neox() -> dict:
    vocab, merges = byte_level(540, ["<|endoftext|>", "<|padding|>"], normalizer=normalizers.NFC())
    tokens = [added(0, "<|endoftext|>"), added(1, "<|padding|>")]
    tokens += [added(len(vocab) + i, " " * n, special=False, normalized=True) for i, n in enumerate(range(24, 1, -1))]
    names = {key: "<|endoftext|>" for key in ("bos_token", "eos_token", "unk_token")}
    post = {**BYTE_LEVEL, "add_prefix_space": False}
    return {
        "config.json": {"model_type": "gpt_neox"},
        "tokenizer_config.json": {"add_prefix_space": False, **names, "tokenizer_class": "GPTNeoXTokenizer"},
        "special_tokens_map.json": names,
        "tokenizer.json": pipeline(vocab, merges, tokens, {"type": "NFC"}, BYTE_LEVEL, post, BYTE_LEVEL),
    }


def llama() -> dict:
    """As SentencePiece makes them: control tokens, 256 byte pieces, then merges and a limited alphabet."""
    tokenizer = Tokenizer(models.BPE(fuse_unk=True, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    # The trainer's own limit breaks ties between equally frequent characters by chance, so the cut is made here.
    counts = Counter("".join(CORPUS))
    alphabet = set(sorted(counts, key=lambda character: (-counts[character], character))[:90])
    corpus = ["".join(c if c in alphabet else " " for c in text) for text in CORPUS]
    vocab, merges = learn(tokenizer, 560, pieces, [], corpus)
    space = {"String": " "}
    normalizer = [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": space, "content": "▁"}]
    decoder = [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    ]
    config = {
        "add_bos_token": True,
        "add_eos_token": False,
        "bos_token": typed("<s>", normalized=False),
        "clean_up_tokenization_spaces": False,
        "eos_token": typed("</s>", normalized=False),
        "legacy": False,
        "model_max_length": 1000000000000000019884624838656,
        "pad_token": None,
        "padding_side": "right",
        "sp_model_kwargs": {},
        "tokenizer_class": "LlamaTokenizer",
        "unk_token": typed("<unk>", normalized=False),
    }
    return {
        "config.json": {"model_type": "llama"},
        "tokenizer_config.json": config,
        "tokenizer.json": pipeline(
            vocab,
            merges,
            [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>")],
            {"type": "Sequence", "normalizers": normalizer},
            None,
            template("<s>", 1),
            {"type": "Sequence", "decoders": decoder},
            unk_token="<unk>",
            fuse_unk=True,
            byte_fallback=True,
        ),
    }


def llama3() -> dict:
    split = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    vocab, merges = byte_level(520, [], split=split)
    names = ["<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|eot_id|>"]
    tokens = [added(len(vocab) + i, name) for i, name in enumerate(names)]
    post = [{**BYTE_LEVEL, "add_prefix_space": True, "trim_offsets": False}, template(names[0], len(vocab))]
    config = {
        "added_tokens_decoder": {str(t["id"]): {k: v for k, v in t.items() if k != "id"} for t in tokens},
        "bos_token": names[0],
        "clean_up_tokenization_spaces": True,
        "eos_token": names[1],
        "model_input_names": ["input_ids", "attention_mask"],
        "model_max_length": 131072,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    splits = [
        {"type": "Split", "pattern": {"Regex": LLAMA3}, "behavior": "Isolated", "invert": False},
        {**BYTE_LEVEL, "use_regex": False},
    ]
    return {
        "config.json": {"model_type": "llama", "transformers_version": "4.42.3"},
        "tokenizer_config.json": config,
        "special_tokens_map.json": {"bos_token": names[0], "eos_token": names[1]},
        "tokenizer.json": pipeline(
            vocab,
            merges,
            tokens,
            None,
            {"type": "Sequence", "pretokenizers": splits},
            {"type": "Sequence", "processors": post},
            {**BYTE_LEVEL, "add_prefix_space": True},
            ignore_merges=True,
        ),
    }


def galactica() -> dict:
    """OPT's architecture with a tokenizer of its own: NFKC, single digits, single punctuation marks, markers."""
    split = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.Punctuation("isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    markers = ["[START_REF]", "[END_REF]", "[START_AMINO]", "[END_AMINO]", "<work>", "</work>"]
    names = ["<s>", "<pad>", "</s>", "<unk>", *markers]
    vocab, merges = byte_level(540, names, split=split, normalizer=normalizers.NFKC())
    splits = [
        {"type": "Split", "pattern": {"String": "SPL1T-H3RE"}, "behavior": "Removed", "invert": False},
        {"type": "Digits", "individual_digits": True},
        {"type": "Punctuation", "behavior": "Isolated"},
        BYTE_LEVEL,
    ]
    return {
        "config.json": {"model_type": "opt"},
        "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast"},
        "special_tokens_map.json": {},
        "tokenizer.json": pipeline(
            vocab,
            merges,
            [added(i, name) for i, name in enumerate(names)],
            {"type": "NFKC"},
            {"type": "Sequence", "pretokenizers": splits},
            {**BYTE_LEVEL, "add_prefix_space": True},
            {**BYTE_LEVEL, "add_prefix_space": True},
        ),
    }


FAMILIES = {make.__name__: make for make in (opt, gpt2, gpt_neox, llama, llama3, galactica)}


def write(files: dict, folder: Path) -> None:
    """Write a folder's files: text as it is, anything else as JSON."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
