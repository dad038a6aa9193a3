"""
Changes of one family's files that change how transformers builds its tokenizer.

Each variant is a family and the files that differ: None removes a file, a dictionary under the key "+NAME" is merged
into NAME, anything else replaces the file.
"""

from tokenizer_families import BYTE_LEVEL, added, gpt2, pipeline

ENDING = {
    "type": "TemplateProcessing",
    "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
    "special_tokens": {"</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}},
}
NEW = {key: value for key, value in added(0, "[NEW]", special=False, normalized=True).items() if key != "id"}
PADDING = {
    "strategy": "BatchLongest",
    "direction": "Right",
    "pad_to_multiple_of": None,
    "pad_id": 1,
    "pad_type_id": 0,
    "pad_token": "<pad>",
}
TRUNCATION = {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0}


def early() -> dict:
    """GPT-2's tokenizer.json as published: no type of the model, merges as text, offsets left untrimmed."""
    files = gpt2()
    vocab = dict(files["vocab.json"])
    merges = files["merges.txt"].splitlines()[1:]
    tokens = [added(vocab["<|endoftext|>"], "<|endoftext|>", normalized=True)]
    post = {**BYTE_LEVEL, "add_prefix_space": True, "trim_offsets": False}
    whole = pipeline(vocab, merges, tokens, None, BYTE_LEVEL, post, {**BYTE_LEVEL, "add_prefix_space": True})
    del whole["model"]["type"]
    return whole


CONFIG, MAP, JSON = "tokenizer_config.json", "special_tokens_map.json", "tokenizer.json"

VARIANTS = {
    "opt without add_bos_token": ("opt", {f"+{CONFIG}": {"add_bos_token": None}}),
    "opt with add_eos_token": ("opt", {f"+{CONFIG}": {"add_eos_token": True}}),
    "opt without tokenizer_config.json": ("opt", {CONFIG: None}),
    "opt without special_tokens_map.json": ("opt", {MAP: None}),
    "opt with only a class": ("opt", {MAP: None, CONFIG: {"tokenizer_class": "GPT2TokenizerFast"}}),
    "opt with add_prefix_space": ("opt", {f"+{CONFIG}": {"add_prefix_space": True}}),
    "opt with added_tokens.json": ("opt", {"added_tokens.json": {"[NEW]": 541, "word": 540}}),
    "opt with added_tokens_decoder": (
        "opt",
        {
            f"+{CONFIG}": {
                "added_tokens_decoder": {
                    "541": {**NEW, "lstrip": True, "rstrip": True},
                    "540": {**NEW, "content": "word", "single_word": True},
                    "2": {**NEW, "content": "</s>", "special": True},
                }
            }
        },
    ),
    "opt with additional_special_tokens": ("opt", {f"+{CONFIG}": {"additional_special_tokens": ["[NEW]", "word"]}}),
    "opt with extra_special_tokens by name": (
        "opt",
        {f"+{CONFIG}": {"extra_special_tokens": {"new_token": "[NEW]"}, "image_token": "wordnew"}},
    ),
    "opt with additional_special_tokens in the map": ("opt", {f"+{MAP}": {"additional_special_tokens": ["[NEW]"]}}),
    "opt with a map of strings": ("opt", {MAP: {"bos_token": "<s>", "eos_token": "</s>", "sep_token": "[NEW]"}}),
    "opt without bos_token": ("opt", {MAP: None, f"+{CONFIG}": {"bos_token": None}}),
    "opt class named in config.json": (
        "opt",
        {CONFIG: None, "config.json": {"model_type": "opt", "tokenizer_class": "GPTNeoXTokenizer"}},
    ),
    "opt with a new token in added_tokens.json and the map": (
        "opt",
        {
            "added_tokens.json": {"word": 540, "[NEW]": 541},
            f"+{MAP}": {"additional_special_tokens": ["word"], "pad_token": "[NEW]"},
        },
    ),
    "opt with a new special token in added_tokens.json": (
        "opt",
        {"added_tokens.json": {"word": 540}, f"+{CONFIG}": {"additional_special_tokens": ["word"]}},
    ),
    "gpt2 with tokenizer.json": ("gpt2", {JSON: early()}),
    "gpt2 with add_bos_token": ("gpt2", {CONFIG: {"add_bos_token": True, "pad_token": "<pad>"}}),
    "gpt2 as gpt_neox": ("gpt2", {CONFIG: {"tokenizer_class": "GPTNeoXTokenizerFast"}}),
    "gpt_neox with add_bos_token": ("gpt_neox", {f"+{CONFIG}": {"add_bos_token": True}}),
    "gpt_neox without tokenizer_config.json": ("gpt_neox", {CONFIG: None, MAP: None}),
    "gpt_neox with add_prefix_space": ("gpt_neox", {f"+{CONFIG}": {"add_prefix_space": True}}),
    "gpt_neox of an unknown class": ("gpt_neox", {f"+{CONFIG}": {"tokenizer_class": "PreTrainedTokenizerFast"}}),
    "gpt_neox with added_tokens_decoder": (
        "gpt_neox",
        {f"+{CONFIG}": {"added_tokens_decoder": {"0": {**NEW, "content": "<|endoftext|>", "special": True}}}},
    ),
    "gpt_neox with a token that is not normalised": (
        "gpt_neox",
        {f"+{CONFIG}": {"added_tokens_decoder": {"563": {**NEW, "content": "caf\u00e9", "normalized": False}}}},
    ),
    "gpt_neox as gpt2, trimmed": ("gpt_neox", {f"+{CONFIG}": {"tokenizer_class": "GPT2Tokenizer"}}),
    "gpt_neox as gpt2, untrimmed": (
        "gpt_neox",
        {f"+{CONFIG}": {"tokenizer_class": "GPT2Tokenizer"}, f"+{JSON}": {"post_processor": None}},
    ),
    "llama of the legacy kind": ("llama", {f"+{CONFIG}": {"legacy": True}}),
    "llama without add_prefix_space": ("llama", {f"+{CONFIG}": {"add_prefix_space": False}}),
    "llama with add_eos_token": ("llama", {f"+{CONFIG}": {"add_eos_token": True, "add_bos_token": False}}),
    "llama with its own template": ("llama", {f"+{JSON}": {"post_processor": ENDING}}),
    "llama without a class": ("llama", {f"+{CONFIG}": {"tokenizer_class": None}}),
    "llama without tokenizer_config.json": ("llama", {CONFIG: None}),
    "llama of the generic class": ("llama", {f"+{CONFIG}": {"tokenizer_class": "PreTrainedTokenizerFast"}}),
    "llama of an early class": ("llama", {f"+{CONFIG}": {"tokenizer_class": "LLaMATokenizer"}}),
    "llama with a new pad token": ("llama", {f"+{CONFIG}": {"pad_token": "[PAD]"}, MAP: {"pad_token": "[NEW]"}}),
    "llama3 with added_tokens_decoder": (
        "llama3",
        {f"+{CONFIG}": {"added_tokens_decoder": {"524": {**NEW, "lstrip": True}, "525": {**NEW, "content": "word"}}}},
    ),
    "llama3 with padding and truncation": (
        "llama3",
        {f"+{JSON}": {"padding": PADDING, "truncation": TRUNCATION}},
    ),
    "llama3 with add_bos_token off": ("llama3", {f"+{CONFIG}": {"add_bos_token": False}}),
    "opt with code of its own": ("opt", {f"+{CONFIG}": {"auto_map": {"AutoTokenizer": ["own.Slow", None]}}}),
    "gpt_neox with code of its own and the generic class": (
        "gpt_neox",
        {f"+{CONFIG}": {"auto_map": ["own.Slow", "own.Fast"], "tokenizer_class": "PreTrainedTokenizerFast"}},
    ),
    "llama with code of its own": ("llama", {f"+{CONFIG}": {"auto_map": ["own.Slow", "own.Fast"]}}),
    "llama3 with code of its own": ("llama3", {f"+{CONFIG}": {"auto_map": {"AutoTokenizer": ["own.Slow", "own.Fast"]}}}),
    "llama3 with fix_mistral_regex": ("llama3", {f"+{CONFIG}": {"fix_mistral_regex": True}}),
    "llama3 as qwen2": ("llama3", {f"+{CONFIG}": {"tokenizer_class": "Qwen2Tokenizer"}}),
    "gpt_neox as qwen2": ("gpt_neox", {f"+{CONFIG}": {"tokenizer_class": "Qwen2TokenizerFast"}}),
    "gpt_neox as qwen2 with add_prefix_space": (
        "gpt_neox",
        {f"+{CONFIG}": {"tokenizer_class": "Qwen2Tokenizer", "add_prefix_space": True, "pad_token": "[NEW]"}},
    ),
    "gpt2 as qwen2": ("gpt2", {f"+{CONFIG}": {"tokenizer_class": "Qwen2Tokenizer"}}),
    "galactica with padding": ("galactica", {f"+{JSON}": {"padding": PADDING, "truncation": TRUNCATION}}),
    "galactica without post_processor": (
        "galactica",
        {f"+{JSON}": {"post_processor": None}, f"+{CONFIG}": {"add_bos_token": True, "bos_token": "<s>"}},
    ),
    "galactica without tokenizer_config.json": ("galactica", {CONFIG: None}),
}


def apply(files: dict, changes: dict) -> dict:
    """The files of a family after a variant's changes."""
    result = dict(files)
    for name, content in changes.items():
        if content is None:
            del result[name]
        elif name.startswith("+"):
            result[name[1:]] = {**result[name[1:]], **content}
        else:
            result[name] = content
    return result
