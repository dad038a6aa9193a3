"""The golden checkpoints: two shapes or more of each architecture, their configs written as their publishers write them."""

from dataclasses import dataclass, field

from vocabulary import SPECIAL


@dataclass(frozen=True)
class Spec:
    """One checkpoint folder: a config, a dtype, and the way its tensors are laid out in files."""

    name: str
    config: dict
    dtype: str = "float32"
    #: "safetensors" or "pytorch" (the zip files of torch.save).
    format: str = "safetensors"
    #: Largest file in bytes; smaller than the weights means several files and an index.
    shard: int = 10**9
    #: Prefix of tensor names that the published files leave out.
    drop_prefix: str = ""
    #: Buffers that older published files also hold and no computation reads.
    relics: tuple = field(default_factory=tuple)
    #: Store the tied head too, sharing its storage, as old torch.save files do.
    store_tied_head: bool = False
    #: "tokenizer.json", or "vocab.json" for vocabulary and merges apart.
    tokenizer: str = "tokenizer.json"
    #: Write the config as transformers 5 does (`rope_parameters`, `dtype`), not as it was published.
    modern: bool = False
    seed: int = 0


def opt(**fields):
    return {
        "_name_or_path": "facebook/opt-tiny",
        "_remove_final_layer_norm": False,
        "activation_dropout": 0.0,
        "activation_function": "relu",
        "architectures": ["OPTForCausalLM"],
        "attention_dropout": 0.0,
        "bos_token_id": SPECIAL["</s>"],
        "do_layer_norm_before": True,
        "dropout": 0.1,
        "eos_token_id": SPECIAL["</s>"],
        "ffn_dim": 96,
        "hidden_size": 32,
        "init_std": 0.02,
        "layerdrop": 0.0,
        "max_position_embeddings": 48,
        "model_type": "opt",
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "pad_token_id": SPECIAL["<pad>"],
        "prefix": "</s>",
        "torch_dtype": "float16",
        "transformers_version": "4.21.0.dev0",
        "use_cache": True,
        "vocab_size": 281,
        "word_embed_proj_dim": fields.get("hidden_size", 32),
        **fields,
    }


def galactica(**fields):
    config = opt(activation_function="gelu", bos_token_id=SPECIAL["<s>"], attention_dropout=0.1)
    del config["prefix"]
    return {**config, "learned_embeddings": True, "scale_embeddings": False, **fields}


def llama(**fields):
    return {
        "architectures": ["LlamaForCausalLM"],
        "bos_token_id": SPECIAL["<s>"],
        "eos_token_id": SPECIAL["</s>"],
        "hidden_act": "silu",
        "hidden_size": 32,
        "initializer_range": 0.02,
        "intermediate_size": 88,
        "max_position_embeddings": 64,
        "model_type": "llama",
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
        "transformers_version": "4.28.0.dev0",
        "use_cache": True,
        "vocab_size": 284,
        **fields,
    }


def gpt2(**fields):
    return {
        "activation_function": "gelu_new",
        "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": 0.1,
        "bos_token_id": SPECIAL["</s>"],
        "embd_pdrop": 0.1,
        "eos_token_id": SPECIAL["</s>"],
        "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-5,
        "model_type": "gpt2",
        "n_ctx": 32,
        "n_embd": 32,
        "n_head": 4,
        "n_layer": 2,
        "n_positions": 32,
        "resid_pdrop": 0.1,
        "summary_activation": None,
        "summary_first_dropout": 0.1,
        "summary_proj_to_labels": True,
        "summary_type": "cls_index",
        "summary_use_proj": True,
        "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}},
        "vocab_size": 281,
        **fields,
    }


def neox(**fields):
    return {
        "architectures": ["GPTNeoXForCausalLM"],
        "bos_token_id": SPECIAL["<s>"],
        "eos_token_id": SPECIAL["<s>"],
        "hidden_act": "gelu",
        "hidden_size": 32,
        "initializer_range": 0.02,
        "intermediate_size": 128,
        "layer_norm_eps": 1e-5,
        "max_position_embeddings": 32,
        "model_type": "gpt_neox",
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "rotary_emb_base": 10000,
        "rotary_pct": 0.25,
        "tie_word_embeddings": False,
        "torch_dtype": "float16",
        "transformers_version": "4.24.0",
        "use_cache": True,
        "use_parallel_residual": True,
        "vocab_size": 288,
        **fields,
    }


SPECS = [
    Spec("opt", opt(hidden_size=40, num_hidden_layers=3, torch_dtype="float32"), seed=101),
    Spec(
        "opt-bin",
        opt(),
        dtype="float16",
        format="pytorch",
        drop_prefix="model.",
        tokenizer="vocab.json",
        seed=102,
    ),
    Spec(
        "opt-bin-sharded",
        opt(hidden_size=40, ffn_dim=160, vocab_size=288),
        dtype="float16",
        format="pytorch",
        shard=40_000,
        drop_prefix="model.",
        tokenizer="vocab.json",
        seed=103,
    ),
    Spec(
        "opt-350m",
        opt(do_layer_norm_before=False, word_embed_proj_dim=20, num_hidden_layers=3, torch_dtype="float32"),
        seed=104,
    ),
    Spec(
        "opt-350m-bin",
        opt(do_layer_norm_before=False, hidden_size=48, word_embed_proj_dim=32, torch_dtype="float32"),
        format="pytorch",
        store_tied_head=True,
        tokenizer="vocab.json",
        seed=105,
    ),
    Spec("galactica", galactica(vocab_size=288), dtype="float16", seed=106),
    Spec(
        "galactica-unbiased",
        galactica(hidden_size=40, enable_bias=False, layer_norm_elementwise_affine=False, torch_dtype="bfloat16"),
        dtype="bfloat16",
        seed=107,
    ),
    Spec(
        "llama",
        llama(max_sequence_length=64, num_hidden_layers=3, pad_token_id=0, torch_dtype="float16"),
        dtype="float16",
        shard=30_000,
        relics=("rotary",),
        seed=108,
    ),
    Spec(
        "llama-linear",
        llama(
            hidden_size=40,
            intermediate_size=72,
            num_key_value_heads=4,
            rms_norm_eps=1e-5,
            rope_scaling={"factor": 4.0, "type": "linear"},
            pretraining_tp=1,
            vocab_size=281,
        ),
        modern=True,
        seed=109,
    ),
    Spec(
        "llama-grouped",
        llama(
            attention_bias=False,
            attention_dropout=0.0,
            head_dim=16,
            hidden_size=32,
            intermediate_size=80,
            max_position_embeddings=256,
            mlp_bias=False,
            num_hidden_layers=3,
            num_key_value_heads=2,
            rms_norm_eps=1e-5,
            rope_scaling={
                "factor": 8.0,
                "high_freq_factor": 4.0,
                "low_freq_factor": 1.0,
                "original_max_position_embeddings": 64,
                "rope_type": "llama3",
            },
            rope_theta=500000.0,
            tie_word_embeddings=True,
            torch_dtype="bfloat16",
            vocab_size=281,
        ),
        dtype="bfloat16",
        seed=110,
    ),
    Spec(
        "gpt2",
        gpt2(),
        drop_prefix="transformer.",
        relics=("mask",),
        tokenizer="vocab.json",
        seed=111,
    ),
    Spec(
        "gpt2-layer-scaled",
        gpt2(
            n_embd=40,
            n_inner=96,
            n_layer=3,
            scale_attn_by_inverse_layer_idx=True,
            scale_attn_weights=True,
            reorder_and_upcast_attn=False,
            vocab_size=288,
        ),
        dtype="float16",
        modern=True,
        seed=112,
    ),
    Spec(
        "gpt-neox",
        neox(hidden_size=64),
        dtype="float16",
        relics=("mask", "masked bias", "rotary"),
        seed=113,
    ),
    Spec(
        "gpt-neox-sequential",
        neox(
            intermediate_size=72,
            num_hidden_layers=3,
            rotary_pct=1.0,
            torch_dtype="float32",
            use_parallel_residual=False,
            vocab_size=281,
        ),
        shard=80_000,
        modern=True,
        seed=114,
    ),
    # The settings that no published model above has, several in each.
    Spec(
        "opt-untied",
        opt(
            _remove_final_layer_norm=True,
            activation_function="gelu_fast",
            tie_word_embeddings=False,
            torch_dtype="float32",
        ),
        dtype="float16",
        seed=115,
    ),
    Spec(
        "llama-biased",
        llama(attention_bias=True, mlp_bias=True, num_key_value_heads=2, rms_norm_eps=1e-5, vocab_size=281),
        dtype="float16",
        seed=116,
    ),
    Spec(
        "gpt2-untied",
        gpt2(
            activation_function="gelu_pytorch_tanh",
            reorder_and_upcast_attn=True,
            scale_attn_weights=False,
            tie_word_embeddings=False,
        ),
        dtype="float16",
        seed=117,
    ),
    Spec(
        "gpt-neox-tied",
        neox(
            attention_bias=False,
            hidden_act="gelu_fast",
            intermediate_size=72,
            rotary_pct=0.5,
            tie_word_embeddings=True,
            vocab_size=281,
        ),
        dtype="float16",
        store_tied_head=True,
        seed=118,
    ),
]
