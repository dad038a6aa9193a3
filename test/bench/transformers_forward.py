"""
transformers with eager PyTorch and sdpa attention, timed on request: `transformers_forward.py FOLDER`.

Reads one JSON request a line, `{"threads", "rows", "logits": "all"|"last"}`, runs one forward pass of the token rows (of
equal length) and answers `{"ms"}`; with `"hooked": N`, layer N's output is scaled by a forward hook; with `"tokens": N`, so many
are generated greedily; with `"gradient": true`, the gradient of the cross-entropy of the next tokens comes to the input and
output of every layer, weights frozen. `{"open": true}` times from_pretrained instead. The first line it prints names versions.
"""

import json
import sys
import time

import torch
import transformers
from transformers import AutoModelForCausalLM


def load(folder: str):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa").eval()


def scale(_module, _inputs, output):
    if isinstance(output, tuple):
        return (output[0] * 1.01, *output[1:])
    return output * 1.01


def differentiate(model, ids) -> None:
    kept = []

    def keep(_module, inputs, output):
        for tensor in (inputs[0], output[0] if isinstance(output, tuple) else output):
            tensor.retain_grad()
            kept.append(tensor)

    handles = [layer.register_forward_hook(keep) for layer in model.model.decoder.layers]
    embedded = model.get_input_embeddings()(ids).requires_grad_()
    logits = model(inputs_embeds=embedded, use_cache=False).logits
    labels = ids.roll(-1, 1)
    torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten()).backward()
    assert all(tensor.grad is not None for tensor in kept)
    for handle in handles:
        handle.remove()


def main() -> None:
    folder = sys.argv[1]
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    model = load(folder).requires_grad_(False)
    print(json.dumps({"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if request.get("open"):
            started = time.perf_counter()
            load(folder)
        else:
            torch.set_num_threads(request["threads"])
            ids = torch.tensor(request["rows"])
            started = time.perf_counter()
            if request.get("gradient"):
                differentiate(model, ids)
            elif "tokens" in request:
                count = request["tokens"]
                with torch.inference_mode():
                    model.generate(ids, min_new_tokens=count, max_new_tokens=count, do_sample=False)
            else:
                keep = 1 if request["logits"] == "last" else 0
                hooked = request.get("hooked")
                handle = None if hooked is None else model.model.decoder.layers[hooked].register_forward_hook(scale)
                with torch.inference_mode():
                    model(ids, use_cache=False, logits_to_keep=keep)
                if handle is not None:
                    handle.remove()
        print(json.dumps({"ms": 1000 * (time.perf_counter() - started)}), flush=True)


if __name__ == "__main__":
    main()
