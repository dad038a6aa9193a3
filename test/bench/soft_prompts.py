"""
Soft prompts by peft and plain transformers, timed on request: `soft_prompts.py FOLDER`.

Reads one JSON request a line and answers `{"ms", …}`. `{"threads", "step": {"rows", "labels", "words", "tokens", "steps"}}` makes
AdamW steps of peft's prompt tuning on the rows, logits of the last position only, and answers the losses. `{"threads", "score":
{"prompt", "rows", "words", "batch", "cached"}}` gives the probabilities of the words behind every row under a prompt: `cached`
false is the plain loop, prompt and row in every pass and all logits; true keeps the prompt's keys and values, runs rows of like
length together and asks for the last logits only. The first line it prints names versions.
"""

import json
import sys
import time

import peft
import torch
import transformers
from peft import PromptTuningConfig, TaskType, get_peft_model
from transformers import AutoModelForCausalLM, DynamicCache


def load(folder: str):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa").eval()


def make_steps(folder, rows, labels, words, prompt, steps):
    config = PromptTuningConfig(task_type=TaskType.CAUSAL_LM, num_virtual_tokens=len(prompt))
    tuned = get_peft_model(load(folder), config)
    tuned.prompt_encoder["default"].embedding.weight.data.copy_(torch.tensor(prompt))
    weights = [p for p in tuned.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=0.01, weight_decay=0)
    ids, labels, losses = torch.tensor(rows), torch.tensor(labels), []

    def step():
        optimiser.zero_grad()
        logits = tuned(input_ids=ids, attention_mask=torch.ones_like(ids), logits_to_keep=1).logits[:, -1]
        loss = torch.nn.functional.cross_entropy(logits[:, words], labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())

    started = time.perf_counter()
    for _ in range(steps):
        step()
    return 1000 * (time.perf_counter() - started), {"losses": losses}


@torch.inference_mode()
def score_plain(model, prompt, rows, words, batch):
    embed = model.get_input_embeddings()
    said = []
    for at in range(0, len(rows), batch):
        part = rows[at : at + batch]
        longest = max(map(len, part))
        ids = torch.tensor([row + [1] * (longest - len(row)) for row in part])
        mask = torch.tensor([[1] * (len(prompt) + len(row)) + [0] * (longest - len(row)) for row in part])
        embedded = torch.cat((prompt.expand(len(part), -1, -1), embed(ids)), 1)
        logits = model(inputs_embeds=embedded, attention_mask=mask, use_cache=False).logits
        last = torch.stack([logits[i, len(prompt) + len(row) - 1] for i, row in enumerate(part)])
        said += last[:, words].softmax(-1).tolist()
    return said


@torch.inference_mode()
def score_cached(model, prompt, rows, words, batch):
    kept = model(inputs_embeds=prompt[None], use_cache=True).past_key_values
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    said = [None] * len(rows)
    for at in range(0, len(order), batch):
        part = order[at : at + batch]
        longest = max(len(rows[i]) for i in part)
        # Padding on the left, so that the last position is every row's last token.
        ids = torch.tensor([[1] * (longest - len(rows[i])) + rows[i] for i in part])
        mask = torch.tensor([[1] * len(prompt) + [0] * (longest - len(rows[i])) + [1] * len(rows[i]) for i in part])
        past = DynamicCache()
        for layer, held in enumerate(kept.layers):
            past.update(held.keys.expand(len(part), -1, -1, -1), held.values.expand(len(part), -1, -1, -1), layer)
        logits = model(input_ids=ids, attention_mask=mask, past_key_values=past, use_cache=True, logits_to_keep=1).logits
        for i, each in zip(part, logits[:, -1][:, words].softmax(-1).tolist()):
            said[i] = each
    return said


def main() -> None:
    folder = sys.argv[1]
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    model = load(folder).requires_grad_(False)
    print(json.dumps({"peft": peft.__version__, "transformers": transformers.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        torch.set_num_threads(request["threads"])
        if "step" in request:
            ms, answer = make_steps(folder, **request["step"])
        else:
            asked = request["score"]
            score = score_cached if asked["cached"] else score_plain
            prompt = torch.tensor(asked["prompt"])
            started = time.perf_counter()
            said = score(model, prompt, asked["rows"], asked["words"], asked["batch"])
            ms, answer = 1000 * (time.perf_counter() - started), {"said": said}
        print(json.dumps({"ms": ms, **answer}), flush=True)


if __name__ == "__main__":
    main()
