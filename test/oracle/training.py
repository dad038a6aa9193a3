"""Training steps of transformers' models with PyTorch: python training.py CHECKPOINTS OUT_FOLDER"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, get_linear_schedule_with_warmup

SEED, STEPS, ROWS = 20261125, 20, (11, 9, 5)
MODELS = ("opt", "llama-grouped")


def rows(vocabulary, generator):
    """Rows of different lengths, with tokens that come again so that there is something to learn."""
    drawn = [torch.randint(vocabulary, ((n + 1) // 2,), generator=generator) for n in ROWS]
    return [half.repeat(2)[:n].tolist() for half, n in zip(drawn, ROWS)]


def loss_of(model, batch, weights):
    """Weighted mean next-token cross-entropy over all rows; each row alone, so without any padding."""
    total, share = 0.0, 0.0
    for row, weight in zip(batch, weights):
        ids = torch.tensor([row])
        each = torch.nn.functional.cross_entropy(model(ids).logits[0, :-1], ids[0, 1:], reduction="none")
        total = total + (each * torch.tensor(weight)).sum()
        share += sum(weight)
    return total / share


def train(folder):
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    for parameter in model.parameters():
        parameter.requires_grad_()
    # Rows of the padding token get a gradient like all others: what it is has nothing to do with what is learnt.
    model.get_input_embeddings().padding_idx = None
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
    schedule = get_linear_schedule_with_warmup(optimiser, 4, STEPS)
    batches, losses, norms, first = [], [], [], {}
    for step in range(STEPS):
        batch = rows(model.config.vocab_size, generator)
        weights = [[1.0 if step % 2 else (p + 1) / 4 for p in range(len(row) - 1)] for row in batch]
        optimiser.zero_grad()
        loss = loss_of(model, batch, weights)
        loss.backward()
        if step == 0:
            first = {name: p.grad.clone() for name, p in model.named_parameters()}
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        optimiser.step()
        schedule.step()
        batches.append({"rows": batch, "weights": weights})
        losses.append(loss.item())
    return {"batches": batches, "losses": losses, "norms": norms}, first


def initial(folder):
    """How `from_config` draws each parameter: the mean and deviation of its entries, and which rows are zero."""
    torch.manual_seed(SEED)
    config = AutoConfig.from_pretrained(folder)
    # A wide table, so that its deviation is close to that it is drawn with.
    config.vocab_size = 4096
    model = AutoModelForCausalLM.from_config(config)
    return {
        name: {
            "shape": list(p.shape),
            "constant": p.flatten()[0].item() if (p == p.flatten()[0]).all() else None,
            "zeroRows": [i for i, row in enumerate(p) if p.dim() > 1 and not row.any()],
        }
        for name, p in model.named_parameters()
    } | {"deviation": model.get_input_embeddings().weight.std().item()}


def main(checkpoints: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name in MODELS:
        curve, first = train(checkpoints / name)
        curve["initial"] = initial(checkpoints / name)
        (out / f"{name}.json").write_text(json.dumps(curve) + "\n")
        save_file(first, out / f"{name}.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
