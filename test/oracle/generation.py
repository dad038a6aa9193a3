"""
Generation by transformers with its own cache: `generation.py CHECKPOINTS OUT`.

Writes OUT/NAME.safetensors, in float32 with eager attention, each row alone and unpadded: `rows.R.prompt` and `rows.R.forced`,
tokens that are all different; `rows.R.logits`, of each step that is fed one forced token after the prompt, the last not
fed; `rows.R.stepped`, the same with a vector added to what the first layer gives at some steps only; `rows.R.greedy`, the
likeliest continuation; `scores.R`, log-probabilities of each row's forced tokens after the first row's prompt, by one
forward pass without a cache. And OUT/sampling.safetensors: `logits`, and for each setting
`TEMPERATURE/TOP_K/TOP_P`, 0 for none, the probabilities that transformers draws the next token from.
"""

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM
from transformers.generation.logits_process import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from golden import begin, write_golden

SEED = 33
NAMES = ("opt", "llama-grouped", "gpt2", "gpt-neox")
PROMPTS = (7, 3, 5)
FORCED = (12, 8, 10)
GREEDY = 12
# Not the first step, which is of the whole prompt.
STEERED = (2, 5, 6)
# A likeliest token that leads by less says nothing about a program that is right within 1e-4.
MARGIN = 1e-3
WARPED = [(1, 0, 0), (0.7, 0, 0), (1.6, 5, 0), (1, 0, 0.4), (0.8, 0, 0.9), (1.3, 12, 0.75), (2, 3, 0.5), (0.25, 40, 0.99)]


def steered(model, ids: torch.Tensor, chosen, **options):
    """Adds a vector to what the first layer gives for the positions in `chosen` of those that are fed."""
    layer = next(module for path, module in model.named_modules() if path.endswith((".layers.0", ".h.0")))
    vector = 4 * torch.arange(model.config.hidden_size, dtype=torch.float64).sin().float()

    def hook(module, args, output):
        x = (output[0] if isinstance(output, tuple) else output).clone()
        x[:, chosen] += vector
        return (x, *output[1:]) if isinstance(output, tuple) else x

    handle = layer.register_forward_hook(hook)
    output = model(ids, **options)
    handle.remove()
    return output


def stepped_logits(model, prompt: list[int], forced: list[int], bare: torch.Tensor) -> torch.Tensor:
    steps, past, fed = [], None, prompt
    for step, token in enumerate(forced):
        chosen = slice(None) if step in STEERED else slice(0, 0)
        output = steered(model, torch.tensor([fed]), chosen, use_cache=True, past_key_values=past)
        steps.append(output.logits[0, -1])
        past, fed = output.past_key_values, [token]
    logits = torch.stack(steps)
    # What is steered at one step is there for all later ones to read.
    whole = [len(prompt) - 1 + step for step in STEERED]
    again = steered(model, torch.tensor([prompt + forced[:-1]]), whole, use_cache=False).logits[0, len(prompt) - 1 :]
    if (logits - again).abs().max() > 1e-4:
        raise AssertionError("steering by steps is not steering by positions")
    first = min(STEERED)
    if (logits[:first] - bare[:first]).any() or (logits - bare)[first:].abs().amax(1).min() < 1e-2:
        raise AssertionError("steering moves other steps than those from the first that is steered")
    return logits


def forced_logits(model, prompt: list[int], forced: list[int]) -> torch.Tensor:
    steps, past, fed = [], None, prompt
    for token in forced:
        output = model(torch.tensor([fed]), use_cache=True, past_key_values=past)
        steps.append(output.logits[0, -1])
        past, fed = output.past_key_values, [token]
    whole = model(torch.tensor([prompt + forced[:-1]]), use_cache=False).logits[0, len(prompt) - 1 :]
    logits = torch.stack(steps)
    if (logits - whole).abs().max() > 1e-4:
        raise AssertionError("transformers with a cache is not transformers without")
    # If steps could be taken for one another, a wrong one would not be seen.
    apart = torch.cdist(logits, logits, p=float("inf")) + torch.eye(len(logits)) * 1e9
    if apart.min() < 1e-2:
        raise AssertionError("two steps have nearly equal logits")
    return logits


def greedy(model, prompt: list[int]) -> list[int]:
    ids = list(prompt)
    for _ in range(GREEDY):
        best = model(torch.tensor([ids]), use_cache=False).logits[0, -1].topk(2)
        if best.values[0] - best.values[1] < MARGIN:
            raise AssertionError("the likeliest token leads by too little")
        ids.append(best.indices[0].item())
        if ids[-1] == model.config.eos_token_id:
            break
    own = model.generate(
        torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)), max_new_tokens=GREEDY, do_sample=False
    )
    if own[0].tolist() != ids:
        raise AssertionError("transformers.generate took other tokens than the likeliest")
    return ids[len(prompt) :]


@torch.no_grad()
def expect(folder: Path, out: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    order = 3 + torch.randperm(model.config.vocab_size - 3, generator=torch.Generator().manual_seed(SEED))
    tokens = iter(order.tolist())
    take = lambda count: [next(tokens) for _ in range(count)]
    rows = [(take(prompt), take(forced)) for prompt, forced in zip(PROMPTS, FORCED)]
    tensors = {}
    for r, (prompt, forced) in enumerate(rows):
        tensors[f"rows.{r}.prompt"] = torch.tensor(prompt)
        tensors[f"rows.{r}.forced"] = torch.tensor(forced)
        tensors[f"rows.{r}.logits"] = forced_logits(model, prompt, forced)
        tensors[f"rows.{r}.stepped"] = stepped_logits(model, prompt, forced, tensors[f"rows.{r}.logits"])
        tensors[f"rows.{r}.greedy"] = torch.tensor(greedy(model, prompt))
        logits = model(torch.tensor([rows[0][0] + forced]), use_cache=False).logits[0, len(rows[0][0]) - 1 : -1]
        tensors[f"scores.{r}"] = logits.log_softmax(-1)[range(len(forced)), forced]
    write_golden(out / f"{folder.name}.safetensors", tensors, seed=SEED)
    print(f"{folder.name:24} {len(tensors)} tensors")


def sampling(out: Path) -> None:
    """In the order of `GenerationMixin._get_logits_processor`: temperature, top k, top p."""
    logits = 3 * torch.randn(6, 40, generator=torch.Generator().manual_seed(SEED))
    tensors = {"logits": logits}
    for temperature, top_k, top_p in WARPED:
        warped = TemperatureLogitsWarper(float(temperature))(None, logits.clone())
        if top_k:
            warped = TopKLogitsWarper(top_k)(None, warped)
        if top_p:
            warped = TopPLogitsWarper(top_p)(None, warped)
        tensors[f"{temperature}/{top_k}/{top_p}"] = warped.softmax(-1)
    write_golden(out / "sampling.safetensors", tensors, seed=SEED)
    print(f"{'sampling':24} {len(tensors)} tensors")


def main() -> None:
    checkpoints, out = begin()
    for name in NAMES:
        expect(checkpoints / name, out)
    sampling(out)


if __name__ == "__main__":
    main()
