"""The files in which published checkpoints hold their tensors."""

import json
from collections import OrderedDict
from pathlib import Path

import safetensors.torch
import torch

from architectures import Spec


def write(model: torch.nn.Module, spec: Spec, folder: Path) -> None:
    """Write the weights of `model` into `folder` as `spec` says. Raises when a shard size asks for one file only."""
    tensors = relics(spec) | named_tensors(model, spec)
    files = shards(tensors, spec.shard)
    if spec.shard < 10**9 and len(files) < 2:
        raise ValueError(f"{spec.name}: {spec.shard} bytes a file give one file")
    stem, ending = ("model", "safetensors") if spec.format == "safetensors" else ("pytorch_model", "bin")
    if len(files) == 1:
        write_file(folder / f"{stem}.{ending}", files[0], spec)
        return
    where = {}
    for number, part in enumerate(files, 1):
        name = f"{stem}-{number:05d}-of-{len(files):05d}.{ending}"
        write_file(folder / name, part, spec)
        where |= dict.fromkeys(part, name)
    total = sum(t.nbytes for t in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(where.items()))}
    (folder / f"{stem}.{ending}.index.json").write_text(json.dumps(index, indent=1) + "\n")


def named_tensors(model: torch.nn.Module, spec: Spec) -> dict[str, torch.Tensor]:
    state = model.state_dict()
    head = model.get_output_embeddings().weight
    tied = head.data_ptr() == model.get_input_embeddings().weight.data_ptr()
    if tied and not spec.store_tied_head:
        del state["lm_head.weight"]
    if spec.config["model_type"] == "gpt_neox" and not spec.modern:
        # What transformers 5 calls lm_head was embed_out when Pythia was published.
        state["embed_out.weight"] = state.pop("lm_head.weight")
    return {name.removeprefix(spec.drop_prefix): t for name, t in state.items()}


def relics(spec: Spec) -> dict[str, torch.Tensor]:
    """Stored masks and rotary frequencies: filled with numbers that would be noticed if anything read them."""
    config, kinds = spec.config, spec.relics
    layers = range(config.get("num_hidden_layers", config.get("n_layer", 0)))
    found: dict[str, torch.Tensor] = {}
    for n in layers:
        if config["model_type"] == "gpt2":
            path = f"{'' if spec.drop_prefix else 'transformer.'}h.{n}.attn"
        elif config["model_type"] == "gpt_neox":
            path = f"gpt_neox.layers.{n}.attention"
        else:
            path = f"model.layers.{n}.self_attn"
        positions = config.get("n_positions", config.get("max_position_embeddings"))
        if "mask" in kinds:
            mask = torch.ones(1, 1, positions, positions)
            found[f"{path}.bias"] = mask if config["model_type"] == "gpt2" else mask.bool()
        if "masked bias" in kinds:
            found[f"{path}.masked_bias"] = torch.tensor(-77.0, dtype=getattr(torch, spec.dtype))
        if "rotary" in kinds:
            found[f"{path}.rotary_emb.inv_freq"] = torch.full((2,), 77.0)
    return found


def shards(tensors: dict[str, torch.Tensor], largest: int) -> list[dict[str, torch.Tensor]]:
    files: list[dict[str, torch.Tensor]] = [{}]
    size = 0
    for name, tensor in tensors.items():
        if files[-1] and size + tensor.nbytes > largest:
            files.append({})
            size = 0
        files[-1][name] = tensor
        size += tensor.nbytes
    return files


def write_file(path: Path, tensors: dict[str, torch.Tensor], spec: Spec) -> None:
    if path.suffix == ".safetensors":
        separate = {name: t.contiguous().clone() for name, t in tensors.items()}
        safetensors.torch.save_file(separate, path, metadata={"format": "pt"})
    elif spec.shard < 10**9:
        # Sharded files were saved as plain dictionaries, single ones as a module's ordered state.
        torch.save(tensors, path)
    else:
        state = OrderedDict(tensors)
        state._metadata = OrderedDict({"": {"version": 1}})
        torch.save(state, path)
