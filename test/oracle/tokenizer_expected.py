"""
Make the golden tokenizers and what transformers gives with them: `tokenizer_expected.py OUT`.

Writes a folder per family, each with its checkpoint files and `expected.json`, and `variants.json`. Offsets are in
code points, as the Rust tokenizer counts them in Python. Equal versions give equal bytes.
"""

import codecs
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import tokenizers
import transformers
from transformers import AutoTokenizer

from tokenizer_families import FAMILIES, write
from tokenizer_text import FEW, SAMPLES
from tokenizer_variants import VARIANTS, apply

VERSIONS = {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__}


def angled(error: UnicodeDecodeError) -> tuple[str, int]:
    return "".join(f"<0x{byte:02X}>" for byte in error.object[error.start : error.end]), error.end


codecs.register_error("angled", angled)


def byte_of() -> dict[str, int]:
    """GPT-2's table from printable characters to bytes: those printable in Latin-1 stand for themselves."""
    own = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in own]
    return {chr(byte): byte for byte in own} | {chr(256 + i): byte for i, byte in enumerate(rest)}


BYTES = byte_of()


def shown(tokenizer, id: int) -> str:
    """A token as it should be displayed: its text, with bytes that are no whole character written as <0xNN>."""
    token = tokenizer.convert_ids_to_tokens(id)
    if id in tokenizer.added_tokens_decoder:
        return token
    if "ByteLevel" in repr(tokenizer.backend_tokenizer.decoder):
        return bytes(BYTES[c] for c in token).decode("utf-8", "angled")
    if match := re.fullmatch("<0x([0-9A-F]{2})>", token):
        return bytes([int(match[1], 16)]).decode("utf-8", "angled")
    return token.replace("▁", " ")


def encoded(tokenizer, text: str, special: bool) -> dict:
    result = tokenizer(text, add_special_tokens=special)
    encoding = result.encodings[0]
    assert result["input_ids"] == encoding.ids
    spans = [None if m else list(o) for m, o in zip(encoding.special_tokens_mask, encoding.offsets)]
    return {"ids": encoding.ids, "tokens": encoding.tokens, "spans": spans}


def sample(tokenizer, text: str) -> dict:
    special, plain = encoded(tokenizer, text, True), encoded(tokenizer, text, False)
    del plain["tokens"]
    ids = special["ids"]
    decoded = {"decoded": tokenizer.decode(ids), "skipped": tokenizer.decode(ids, skip_special_tokens=True)}
    return {"text": text, **special, "plain": plain, **decoded}


def expect(folder: Path, texts: list[str]) -> dict:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    names = {name: getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad", "unk")}
    return {
        "class": type(tokenizer).__name__,
        "size": len(tokenizer),
        "special": {name: id for name, id in names.items() if id is not None},
        "samples": [sample(tokenizer, text) for text in texts],
    }


def texts(folder: Path) -> list[str]:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return [shown(tokenizer, id) for id in range(len(tokenizer))]


def dump(value: dict, file: Path) -> None:
    lines = json.dumps(value, separators=(",", ":")).replace('{"text"', '\n{"text"')
    file.write_text(lines + "\n", encoding="utf-8", newline="\n")


def variant(base: str, changes: dict) -> dict:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "folder"
        write(apply(FAMILIES[base](), changes), folder)
        expected = expect(folder, FEW)
    for one in expected["samples"]:
        # The tokens follow from the ids, and are in the families' files.
        del one["tokens"]
    return {"base": base, "changes": changes, **expected}


def main(out: Path) -> None:
    print(json.dumps(VERSIONS))
    shutil.rmtree(out, ignore_errors=True)
    for name, make in FAMILIES.items():
        write(make(), out / name)
        expected = {"versions": VERSIONS, **expect(out / name, SAMPLES), "texts": texts(out / name)}
        dump(expected, out / name / "expected.json")
    variants = {name: variant(*change) for name, change in VARIANTS.items()}
    dump({"versions": VERSIONS, "variants": variants}, out / "variants.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
