"""Check the demo checkpoint with transformers: its heads must be what they claim. Usage: demo.py FOLDER."""

import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = sys.argv[1]
model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
start = model.config.bos_token_id
# Below these are <s>, <pad>, </s> and <unk>.
ordinary = range(4, model.config.vocab_size)


def patterns(ids):
    with torch.no_grad():
        return model(ids, output_attentions=True).attentions


def previous_token(layer, head, attentions):
    """Smallest weight on the previous token, over every row and every position but the first."""
    return attentions[layer][:, head].diagonal(offset=-1, dim1=-2, dim2=-1).min().item()


def induction(layer, head, attentions, period):
    """Mean weight, from the first repeated token on, on the token after the earlier occurrence (key t - period + 1)."""
    pattern = attentions[layer][:, head]
    queries = torch.arange(period, pattern.shape[-1])
    return pattern[:, queries, queries - period + 1].mean().item()


def loss(ids, period):
    """Mean cross-entropy in nats of the first and of the second occurrence of a repeated part."""
    with torch.no_grad():
        logits = model(ids).logits[:, :-1]
    each = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
    return each[:, : period - 1].mean().item(), each[:, period:].mean().item()


worst_previous, worst_induction, best_control, least_gain = 1.0, 1.0, 0.0, float("inf")
for seed in range(8):
    generator = torch.Generator().manual_seed(seed)
    for period in (12, 50, 120):
        body = torch.randint(ordinary.start, ordinary.stop, (4, period), generator=generator)
        repeated = torch.cat([body, body], dim=1)
        attentions = patterns(repeated)
        worst_previous = min(worst_previous, previous_token(0, 0, attentions))
        worst_induction = min(worst_induction, induction(1, 1, attentions, period))
        before, after = loss(repeated, period)
        least_gain = min(least_gain, before - after)
        # Without a repeat there is nothing to find: the score must come from the repeat.
        other = torch.randint(ordinary.start, ordinary.stop, (4, period), generator=generator)
        unrepeated = patterns(torch.cat([body, other], dim=1))
        best_control = max(best_control, induction(1, 1, unrepeated, period))

tokenizer = AutoTokenizer.from_pretrained(folder)
text = "The nurse said that the doctor knew the garden, and the nurse said that the doctor knew the river."
sentence = tokenizer(text, return_tensors="pt")["input_ids"]
if sentence[0, 0].item() != start:
    sys.exit(f"the tokenizer begins with {sentence[0, 0].item()}, not with the start token {start}")
if tokenizer.decode(sentence[0, 1:]) != text:
    sys.exit(f"the tokenizer does not give the sentence back: {tokenizer.decode(sentence[0, 1:])!r}")
worst_previous = min(worst_previous, previous_token(0, 0, patterns(sentence)))

if worst_previous < 0.9:
    sys.exit(f"previous-token head: the smallest weight is {worst_previous:.4f}, below 0.9")
if worst_induction < 0.8:
    sys.exit(f"induction head: the smallest score is {worst_induction:.4f}, below 0.8")
if best_control > 0.2:
    sys.exit(f"induction head: score {best_control:.4f} without any repeat")
if least_gain < 1:
    sys.exit(f"induction head: the second occurrence is predicted only {least_gain:.4f} nats better than the first")
print(
    f"previous token >= {worst_previous:.4f}, induction >= {worst_induction:.4f}"
    f" (without a repeat <= {best_control:.4f}),"
    f" loss falls by >= {least_gain:.2f} nats on the repeat"
)
