"""
Small files of torch.save, read by the kernel without PyTorch: `pytorch_files.py OUT`. Equal versions give equal values.

The files that `expected.json` names must open with the tensors that it describes; those under `refused` and `legacy` must
not.
"""

import hashlib
import json
import os
import sys
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel, OPTConfig, OPTForCausalLM

SEED = 20


def opt(dtype: torch.dtype) -> OPTForCausalLM:
    torch.manual_seed(SEED)
    sizes = dict(vocab_size=24, hidden_size=8, word_embed_proj_dim=8, ffn_dim=16, max_position_embeddings=12)
    config = OPTConfig(num_hidden_layers=1, num_attention_heads=2, **sizes)
    return OPTForCausalLM(config).to(dtype)


def gpt2() -> GPT2LMHeadModel:
    torch.manual_seed(SEED + 1)
    sizes = dict(vocab_size=24, n_embd=8, n_layer=1, n_head=2, n_positions=12, n_inner=16)
    return GPT2LMHeadModel(GPT2Config(bos_token_id=1, eos_token_id=1, **sizes))


def views() -> dict[str, torch.Tensor]:
    """One tensor of every dtype that is read, and every way in which a contiguous tensor can lie in a storage."""
    generator = torch.Generator().manual_seed(SEED + 2)
    shared = torch.randn(6, 4, generator=generator)
    bits = torch.randint(0, 2, (3, 2), generator=generator)
    whole = torch.randint(-9, 9, (2, 3), generator=generator)
    floats = torch.randn(2, 3, generator=generator)
    return {
        "f32": floats,
        "f16": floats.half(),
        "bf16": floats.bfloat16(),
        "f64": floats.double(),
        "i64": whole,
        "i32": whole.int(),
        "i8": whole.char(),
        "u8": whole.abs().byte(),
        "bool": bits.bool(),
        "scalar": torch.tensor(2.5),
        "empty": torch.empty(0, 3),
        "rows": shared[2:5],
        "tied": shared[2:5],
        "whole": shared,
        "one column of one": shared[:1, 1:2],
        "parameter": torch.nn.Parameter(floats + 1),
        "frozen": torch.nn.Parameter(whole, requires_grad=False),
        'a "name"\nof two lines': floats[0] + 2,
    }


def save_shards(state: dict[str, torch.Tensor], folder: Path, count: int) -> None:
    """As transformers wrote several files and their index: plain dictionaries."""
    names = list(state)
    where = {}
    for i in range(count):
        part = names[i * len(names) // count : (i + 1) * len(names) // count]
        file = f"pytorch_model-{i + 1:05d}-of-{count:05d}.bin"
        torch.save({name: state[name].clone() for name in part}, folder / file)
        where |= dict.fromkeys(part, file)
    index = {"metadata": {"total_size": sum(t.nbytes for t in state.values())}, "weight_map": where}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=1) + "\n")


def repack(source: Path, target: Path, root: str, keep=lambda name: True, method=zipfile.ZIP_STORED) -> None:
    """The same records under another root, packed by Python: aligned to nothing and without data descriptors."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", method) as new:
        for name in old.namelist():
            tail = name.split("/", 1)[1]
            if keep(tail):
                new.writestr(zipfile.ZipInfo(f"{root}/{tail}"), old.read(name), method)


class Command:
    """What a hostile file holds: loading it with Python's pickle would call os.system."""

    def __reduce__(self):
        return os.system, ("true",)


def refused(out: Path) -> None:
    out.mkdir()
    floats = torch.arange(6.0).reshape(2, 3)
    cases = {
        "command": {"weight": floats, "then": Command()},
        "strided": {"weight": floats.T},
        "expanded": {"weight": torch.ones(1, 3).expand(2, 3)},
        "int16": {"weight": torch.ones(2, dtype=torch.int16)},
        "uint16": {"weight": torch.ones(2, dtype=torch.uint16)},
        "negative": {"weight": torch._neg_view(floats)},
        "complex": {"weight": torch.ones(2, dtype=torch.complex64)},
        "sparse": {"weight": floats.to_sparse()},
        "training": {"model": OrderedDict(weight=floats), "epoch": 3},
        "epoch": {"weight": floats, "epoch": 3},
        "list": [floats],
        "module": torch.nn.Linear(2, 2, bias=False),
        "numbered": {0: floats},
    }
    for name, value in cases.items():
        if name == "module":
            torch.nn.init.ones_(value.weight)
        torch.save(value, out / f"{name}.bin")
    torch.save({"weight": floats}, out / "plain.bin")
    repack(out / "plain.bin", out / "compressed.bin", "archive", method=zipfile.ZIP_DEFLATED)
    (out / "plain.bin").unlink()


def make(out: Path) -> list[str]:
    """Write all folders; the paths of the files that must open."""
    for folder in "opt", "gpt2", "opt-sharded", "views", "protocols", "older", "legacy":
        (out / folder).mkdir(parents=True)
    file = "pytorch_model.bin"
    half, single = opt(torch.float16), gpt2()
    torch.save(half.state_dict(), out / "opt" / file)
    half.config.save_pretrained(out / "opt")
    torch.save(single.state_dict(), out / "gpt2" / file)
    single.config.save_pretrained(out / "gpt2")
    # facebook/opt-* hold the base model, its names without the prefix, and no head.
    base = opt(torch.float32)
    base.config.save_pretrained(out / "opt-sharded")
    save_shards(base.model.state_dict(), out / "opt-sharded", 3)

    torch.save(views(), out / "views" / file)
    few = {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.arange(3)}
    for protocol in 3, 4, 5:
        torch.save(OrderedDict(few), out / "protocols" / f"{protocol}.bin", pickle_protocol=protocol)
    # PyTorch 1 wrote neither byte order nor alignment, and called the root of unnamed files "archive".
    since = {".format_version", ".storage_alignment", "byteorder", ".data/serialization_id"}
    repack(out / "opt" / file, out / "older" / file, "archive", keep=lambda name: name not in since)
    torch.save(few, out / "legacy" / file, _use_new_zipfile_serialization=False)
    refused(out / "refused")
    files = (path.relative_to(out) for path in out.glob("*/*.bin"))
    return sorted(str(path) for path in files if path.parts[0] not in ("refused", "legacy"))


def describe(tensor: torch.Tensor) -> dict:
    names = {"float": "f", "bfloat": "bf", "int": "i", "uint": "u"}
    word = str(tensor.dtype).removeprefix("torch.")
    kind, width = word.rstrip("0123456789"), word.lstrip("abcdefghijklmnopqrstuvwxyz")
    raw = tensor.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
    about = {"dtype": names[kind] + width if width else word, "shape": list(tensor.shape), "sha256": digest(raw)}
    if tensor.is_floating_point():
        about["float32"] = digest(tensor.detach().float().numpy().tobytes())
    return about


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def every_half(dtype: torch.dtype) -> str:
    """All 65536 patterns of 16 bits as float32, every NaN written as the one that JavaScript writes."""
    patterns = torch.from_numpy(np.arange(2**16, dtype=np.uint16).view(np.int16)).view(dtype)
    bits = patterns.float().numpy()
    bits[np.isnan(bits)] = np.uint32(0x7FC00000).view(np.float32)
    return digest(bits.astype("<f4").tobytes())


def main() -> None:
    out = Path(sys.argv[1])
    warnings.filterwarnings("ignore", message="Sparse")
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        sys.exit(f"{out} is not empty")
    # The restricted loader of PyTorch reads only protocol 2; these files were written above.
    files = {
        path: {name: describe(tensor) for name, tensor in torch.load(out / path, weights_only=False).items()}
        for path in make(out)
    }
    expected = {
        "seed": SEED,
        "versions": {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__},
        "files": files,
        "halves": {"f16": every_half(torch.float16), "bf16": every_half(torch.bfloat16)},
    }
    (out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    print(json.dumps(expected["versions"]))


if __name__ == "__main__":
    main()
