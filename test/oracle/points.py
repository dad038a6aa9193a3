"""
Every canonical hook point of one unpadded row, taken from PyTorch modules while transformers runs.

What a point means is defined in the library's `models/attention.ts`; here it is read off module inputs and outputs.
"""

import importlib
from dataclasses import dataclass

import torch
from transformers.utils import ModelOutput


@dataclass(frozen=True)
class Paths:
    """Module paths of one layer, relative to it."""

    attention: str
    #: One module (fused) or three.
    projections: tuple
    projected: str
    norm: str
    mlp_norm: str
    mlp_in: str
    mlp_out: str
    #: Its output enters the non-linearity, which is the module `act`.
    mlp_pre: str
    act: str
    #: The projection that the non-linearity's output multiplies, or None where the MLP has no gate.
    up: str | None
    #: Norm whose input is the residual after attention, or None where there is no such value.
    mid: str | None


@dataclass(frozen=True)
class Ends:
    """Module paths outside the layers."""

    final: str | None
    #: Tables whose rows are added up to the embedding, tokens first; None where there is only one.
    tables: tuple | None
    #: Projections between narrow embeddings and the residual, in and out.
    projections: tuple | None = None


def paths(config) -> tuple[str, Paths, Ends]:
    """The path of the layers, the paths within one, and those outside."""
    kind = config.model_type
    if kind == "opt":
        before = config.do_layer_norm_before
        inner = Paths(
            "self_attn",
            ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
            "self_attn.out_proj",
            "self_attn_layer_norm",
            "final_layer_norm",
            "fc1",
            "fc2",
            "fc1",
            "activation_fn",
            None,
            "final_layer_norm" if before else "self_attn_layer_norm",
        )
        base = "model.decoder"
        is_narrow = config.word_embed_proj_dim != config.hidden_size
        ends = Ends(
            f"{base}.final_layer_norm" if before and not config._remove_final_layer_norm else None,
            (f"{base}.embed_tokens", f"{base}.embed_positions"),
            (f"{base}.project_in", f"{base}.project_out") if is_narrow else None,
        )
        return f"{base}.layers", inner, ends
    if kind == "llama":
        inner = Paths(
            "self_attn",
            ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
            "self_attn.o_proj",
            "input_layernorm",
            "post_attention_layernorm",
            "mlp.gate_proj",
            "mlp.down_proj",
            "mlp.gate_proj",
            "mlp.act_fn",
            "mlp.up_proj",
            "post_attention_layernorm",
        )
        return "model.layers", inner, Ends("model.norm", None)
    if kind == "gpt2":
        inner = Paths(
            "attn",
            ("attn.c_attn",),
            "attn.c_proj",
            "ln_1",
            "ln_2",
            "mlp.c_fc",
            "mlp.c_proj",
            "mlp.c_fc",
            "mlp.act",
            None,
            "ln_2",
        )
        return "transformer.h", inner, Ends("transformer.ln_f", ("transformer.wte", "transformer.wpe"))
    if kind == "gpt_neox":
        inner = Paths(
            "attention",
            ("attention.query_key_value",),
            "attention.dense",
            "input_layernorm",
            "post_attention_layernorm",
            "mlp.dense_h_to_4h",
            "mlp.dense_4h_to_h",
            "mlp.dense_h_to_4h",
            "mlp.act",
            None,
            None if config.use_parallel_residual else "post_attention_layernorm",
        )
        return "gpt_neox.layers", inner, Ends("gpt_neox.final_layer_norm", None)
    raise ValueError(f"no hook points are written down for {kind}")


class Record:
    """Inputs and outputs of every module during one forward pass, by module path."""

    def __init__(self, model):
        self.inputs, self.keywords, self.outputs = {}, {}, {}
        self.handles = [
            module.register_forward_hook(self.keep(path), with_kwargs=True) for path, module in model.named_modules()
        ]

    def keep(self, path):
        def hook(_module, args, kwargs, output):
            self.inputs[path] = args[0] if args else kwargs.get("hidden_states")
            self.keywords[path] = kwargs
            # A module that wraps others returns its last hidden state first.
            self.outputs[path] = output[0] if isinstance(output, ModelOutput) else output

        return hook

    def close(self):
        for handle in self.handles:
            handle.remove()


def first(output):
    return output[0] if isinstance(output, tuple) else output


@torch.no_grad()
def collect(model, ids: list[int]) -> tuple[dict[str, torch.Tensor], dict[str, list[str]]]:
    """
    Values without the batch axis, and for each point the module paths whose output (or, with `.input`, input) holds
    it: those that equal it, found by looking at all of them, and the fused projection that it is a part of.
    """
    config = model.config
    record = Record(model)
    logits = model(torch.tensor([ids]), use_cache=False).logits
    record.close()
    where, inner, ends = paths(config)
    count = len(ids)
    flat = lambda x: x.reshape(count, -1)

    points: dict[str, torch.Tensor] = {}
    if ends.tables:
        points["embedding.tokens"], points["embedding.positions"] = (flat(record.outputs[path]) for path in ends.tables)
    if ends.projections:
        points["embedding.projected"] = flat(record.outputs[ends.projections[0]])
    points["embedding"] = flat(record.inputs[f"{where}.0"])
    fused: dict[str, str] = {}
    for n in range(config.num_hidden_layers):
        layer, here = f"{where}.{n}", f"layers.{n}"
        inputs = lambda path: flat(record.inputs[f"{layer}.{path}"])
        outputs = lambda path: flat(first(record.outputs[f"{layer}.{path}"]))
        points[f"{here}.residual.in"] = flat(record.inputs[layer])
        points[f"{here}.attention.norm.in"] = inputs(inner.norm)
        points[f"{here}.attention.norm"] = outputs(inner.norm)
        points[f"{here}.attention.in"] = inputs(inner.attention)
        if len(inner.projections) == 3:
            points |= {f"{here}.attention.{x}.in": inputs(path) for x, path in zip("qkv", inner.projections)}
        points |= {f"{here}.attention.{k}": v for k, v in attention(model, record, layer, inner).items()}
        points[f"{here}.attention.z"] = by_head(inputs(inner.projected), config.num_attention_heads)
        points[f"{here}.attention.output"] = outputs(inner.attention)
        if inner.mid:
            points[f"{here}.residual.mid"] = inputs(inner.mid)
        points[f"{here}.mlp.norm.in"] = inputs(inner.mlp_norm)
        points[f"{here}.mlp.norm"] = outputs(inner.mlp_norm)
        points[f"{here}.mlp.in"] = inputs(inner.mlp_in)
        points[f"{here}.mlp.pre"] = outputs(inner.mlp_pre)
        if inner.up:
            points[f"{here}.mlp.gate.in"], points[f"{here}.mlp.up.in"] = inputs(inner.mlp_pre), inputs(inner.up)
            points[f"{here}.mlp.gate"], points[f"{here}.mlp.up"] = outputs(inner.act), outputs(inner.up)
        points[f"{here}.mlp.hidden"] = inputs(inner.mlp_out)
        points[f"{here}.mlp.output"] = outputs(inner.mlp_out)
        points[f"{here}.residual.out"] = flat(first(record.outputs[layer]))
        if len(inner.projections) == 1:
            fused |= {f"{here}.attention.{x}": f"{layer}.{inner.projections[0]}" for x in "qkv"}
    if ends.final:
        points["norm"] = flat(record.outputs[ends.final])
    if ends.projections:
        points["logits.in"] = flat(record.outputs[ends.projections[1]])
    points["logits"] = logits[0]

    aliases = {name: holders(record, value) for name, value in points.items()}
    for name, path in fused.items():
        aliases[name].append(path)
    return points, aliases


def by_head(x: torch.Tensor, heads: int) -> torch.Tensor:
    """[position, heads × unit] → [head, position, unit]."""
    return x.reshape(x.shape[0], heads, -1).transpose(0, 1)


def attention(model, record: Record, layer: str, inner: Paths) -> dict[str, torch.Tensor]:
    """Projections, rotated projections, unmasked scores, and the pattern that the module itself returns."""
    config = model.config
    heads = config.num_attention_heads
    groups = getattr(config, "num_key_value_heads", heads)
    projected = [record.outputs[f"{layer}.{path}"][0] for path in inner.projections]
    if config.model_type == "gpt_neox":
        # Each head's query, key and value lie side by side.
        q, k, v = by_head(projected[0], heads).chunk(3, dim=-1)
    else:
        q, k, v = projected[0].chunk(3, dim=-1) if len(projected) == 1 else projected
        q, k, v = by_head(q, heads), by_head(k, groups), by_head(v, groups)
    values = {"q": q, "k": k, "v": v}

    module = model.get_submodule(f"{layer}.{inner.attention}")
    around = record.keywords[f"{layer}.{inner.attention}"].get("position_embeddings")
    if around is not None:
        rotate = importlib.import_module(type(module).__module__).apply_rotary_pos_emb
        q, k = (x[0] for x in rotate(q[None], k[None], *around))
        values |= {"qRotary": q, "kRotary": k}
    scores = q @ k.repeat_interleave(heads // groups, dim=0).transpose(1, 2) * module.scaling
    pattern = record.outputs[f"{layer}.{inner.attention}"][1][0]

    # The scores are computed here, so they must give the pattern that transformers computed.
    count = scores.shape[-1]
    future = torch.ones(count, count, dtype=torch.bool).triu(1)
    again = scores.masked_fill(future, float("-inf")).softmax(-1)
    torch.testing.assert_close(again, pattern, atol=1e-6, rtol=0)
    return values | {"scores": scores, "pattern": pattern}


def holders(record: Record, value: torch.Tensor) -> list[str]:
    """
    Paths of the modules one of whose outputs has the elements of `value`, whole or head by head, then `PATH.input`
    of those that it enters.
    """
    layouts = [value] if value.ndim == 2 else [value, value.transpose(0, 1)]
    flat = [x.reshape(-1) for x in layouts]
    holds = lambda x: torch.is_tensor(x) and any(torch.equal(x.reshape(-1), f) for f in flat)
    given = [
        path
        for path, output in record.outputs.items()
        if any(holds(x) for x in (output if isinstance(output, tuple) else (output,)))
    ]
    return given + [f"{path}.input" for path, x in record.inputs.items() if holds(x)]
