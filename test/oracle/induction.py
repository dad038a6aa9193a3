"""Check with transformers that the trained model has induction heads, that they matter, and what they read.

Usage: induction.py FOLDER."""

import sys

import torch
from transformers import AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained(sys.argv[1], attn_implementation="eager", dtype=torch.float32).eval()
heads = model.config.num_attention_heads
size = model.config.hidden_size // heads
LENGTH = 12
generator = torch.Generator().manual_seed(0)


def draw():
    """Different words in each row; below 4 are the tokens that are no words."""
    words = [4 + torch.randperm(model.config.vocab_size - 4, generator=generator)[:LENGTH] for _ in range(32)]
    return torch.stack(words)


def run(ids, without=()):
    """Attention patterns and the mean loss of each half, with heads (layer, head) set to zero."""

    def hook(layer):
        def zero(_, inputs):
            z = inputs[0].clone()
            for of, head in without:
                if of == layer:
                    z[..., head * size : (head + 1) * size] = 0
            return (z,)

        return zero

    hooks = [
        block.self_attn.o_proj.register_forward_pre_hook(hook(layer))
        for layer, block in enumerate(model.model.layers)
    ]
    with torch.no_grad():
        ran = model(ids, output_attentions=True)
    for each in hooks:
        each.remove()
    loss = -ran.logits[:, :-1].log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0].mean(0)
    return ran.attentions, loss[: LENGTH - 1].mean().item(), loss[LENGTH:].mean().item()


def induction(attentions):
    """[layer, head]: mean weight from repeated tokens to the token behind their earlier place."""
    queries = torch.arange(LENGTH, 2 * LENGTH)
    return torch.stack([pattern[:, :, queries, queries + 1 - LENGTH].mean((0, 2)) for pattern in attentions])


half = draw()
rows = torch.cat([half, half], 1)
attentions, first, second = run(rows)
scores = induction(attentions)
control = induction(run(torch.cat([half, draw()], 1))[0]).max().item()
strongest = [divmod(int(each), heads) for each in scores.flatten().topk(4).indices]
previous = torch.stack([pattern.diagonal(offset=-1, dim1=-2, dim2=-1).mean((0, 2)) for pattern in attentions])
below = [divmod(int(each), heads) for each in (previous.flatten() > 0.5).nonzero()]
unread = induction(run(rows, below)[0]).max().item()
rise = run(rows, strongest)[2] - second
# Heads of neither kind: without previous-token heads the repeat is lost too.
every = [(layer, head) for layer in range(len(scores)) for head in range(heads)]
others = [each for each in every if each not in strongest + below]
drawn = [[others[i] for i in torch.randperm(len(others), generator=generator)[:4]] for _ in range(20)]
random = sum(run(rows, each)[2] - second for each in drawn) / len(drawn)

for what, holds in {
    f"best induction score {scores.max():.3f}, must be above 0.8": scores.max() > 0.8,
    f"best score without a repeat {control:.3f}, must be below 0.2": control < 0.2,
    f"loss {first:.3f}, of the repeat {second:.3f}, which must be below 0.5": first > 3 and second < 0.5,
    f"rise without the strongest {rise:.3f}, without others {random:.3f}: must be twice it": rise > 2 * abs(random),
    f"previous-token heads {below}: must be below the strongest": below and max(below)[0] < min(strongest)[0],
    f"best score without previous-token heads {unread:.3f}, must be below 0.2": unread < 0.2,
}.items():
    if not holds:
        sys.exit(what)
print(
    f"score {scores.max():.2f} (no repeat {control:.2f}, no previous-token heads {unread:.2f});"
    f" loss of the repeat {second:.2f} nats, + {rise:.2f} without 4 strongest heads, + {random:.2f} without 4 of neither kind"
)
