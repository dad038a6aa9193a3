"""
Soft-prompt tuning by PyTorch, and prompts by peft: `soft_prompts.py CHECKPOINTS OUT`.

Writes OUT/NAME.safetensors: the first `prompt`, `ids.R` and `labels` of the rows, the `words` of two classes (two words, one
word), `classes`, the log-probabilities of the classes of each row, `gradient` of the first step, the `losses` of 20 AdamW steps
over the rows in order, four a step; `logits`, those of peft's own prompt tuning at row 0. `long.classes` and `long.losses` are the
same with words of several tokens, and `deep.losses` with rows of the prompt before every layer, which begin with what the model
makes of the first ones. `adafactor.losses` and `adafactor.prompt` are those of seven steps of transformers' Adafactor, and
`relative.losses` and `relative.prompt` of the same at its own relative rate. And OUT/peft-NAME/, what peft saves of that prompt.
The cases mean the same as those of test/parity/prompts.test.ts.
"""

import json
import shutil
from pathlib import Path

import torch
from peft import PromptTuningConfig, TaskType, get_peft_model
from transformers import Adafactor, AutoModelForCausalLM

from expected import rows
from golden import begin, write_golden

SEED = 41
TOKENS, STEPS, BATCH, RATE = 5, 20, 4, 0.05
WORDS = [[7, 11], [13]]
LONG_WORDS = [[[3, 9], [7]], [[3, 4, 5]]]
ADAFACTORS = {
    "adafactor": {"lr": RATE, "scale_parameter": False, "relative_step": False},
    "relative": {"scale_parameter": True, "relative_step": True},
}
NAMES = ("galactica", "opt-350m", "llama-grouped", "gpt2")


def class_log_probabilities(logits):
    scores = torch.stack([logits[words].logsumexp(0) for words in WORDS])
    return scores.log_softmax(0)


def layers_of(model):
    decoder = model.get_decoder()
    return decoder.layers if hasattr(decoder, "layers") else decoder.h


def adam_steps(parameters, loss_of, count, steps=STEPS):
    """Losses of AdamW's steps, as `losses_of`, which must fall."""
    losses, gradient = losses_of(torch.optim.AdamW(parameters, lr=RATE, weight_decay=0), parameters, loss_of, count, steps)
    if losses[0] - losses[-1] < 0.005 * steps:
        raise AssertionError(f"the loss falls from {losses[0]} to {losses[-1]} only")
    return losses, gradient


def losses_of(optimiser, parameters, loss_of, count, steps):
    """
    Losses of some steps over `count` rows in order, and the gradient of the first parameter at the first step. The last step's
    rows must be those of the first, so that their losses can be compared.
    """
    losses, gradient = [], None
    for step in range(steps):
        chosen = [(step * BATCH + i) % count for i in range(BATCH)]
        optimiser.zero_grad()
        loss = loss_of(chosen)
        loss.backward()
        gradient = parameters[0].grad.clone() if gradient is None else gradient
        optimiser.step()
        losses.append(loss.item())
    if losses[0] <= losses[-1]:
        raise AssertionError(f"the loss goes from {losses[0]} to {losses[-1]}")
    return torch.tensor(losses, dtype=torch.float64), gradient


class DeepPrompt:
    """Rows in the places of a prompt before every layer but the first, by hooks."""

    def __init__(self, model, prompt):
        self.rows, self.handles = [], []
        seen = []
        layers = layers_of(model)[1:]
        for layer in layers:
            keep = lambda module, args, kwargs: seen.append((args[0] if args else kwargs["hidden_states"])[0].detach().clone())
            self.handles.append(layer.register_forward_pre_hook(keep, with_kwargs=True))
        with torch.no_grad():
            model(inputs_embeds=prompt[None])
        self.remove()
        for layer, first in zip(layers, seen, strict=True):
            rows = torch.nn.Parameter(first)
            self.rows.append(rows)

            def put(module, args, kwargs, rows=rows):
                hidden = args[0] if args else kwargs["hidden_states"]
                hidden = torch.cat((rows[None], hidden[:, len(rows) :]), 1)
                return ((hidden, *args[1:]), kwargs) if args else (args, kwargs | {"hidden_states": hidden})

            self.handles.append(layer.register_forward_pre_hook(put, with_kwargs=True))

    def remove(self):
        for handle in self.handles:
            handle.remove()
        self.handles = []


def expect(folder: Path, out: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    # In float64, so that twenty steps come out alike on every machine.
    model.double().requires_grad_(False)
    embed = model.get_input_embeddings()
    generator = torch.Generator().manual_seed(SEED)
    table = embed.weight
    first = table[torch.randint(0, table.shape[0], (TOKENS,), generator=generator)].clone()
    ragged = rows(model.config.vocab_size)
    ids = [row[: 3 + r % 3] for r, row in enumerate(ragged * 4)][:12]
    ids = [[(token + r) % model.config.vocab_size for token in row] for r, row in enumerate(ids)]
    labels = [r % 2 for r in range(len(ids))]

    # Each row alone, so that nothing is padded.
    last = lambda prompt, row: model(inputs_embeds=torch.cat((prompt, embed(torch.tensor(row))))[None]).logits[0, -1]
    loss_of = lambda prompt, chosen: -sum(class_log_probabilities(last(prompt, ids[r]))[labels[r]] for r in chosen) / len(chosen)

    prompt = torch.nn.Parameter(first.clone())
    losses, gradient = adam_steps([prompt], lambda chosen: loss_of(prompt, chosen), len(ids))

    adafactors = {}
    for name, settings in ADAFACTORS.items():
        prompt = torch.nn.Parameter(first.clone())
        optimiser = Adafactor([prompt], warmup_init=False, **settings)
        adafactors[f"{name}.losses"], _ = losses_of(optimiser, [prompt], lambda chosen: loss_of(prompt, chosen), len(ids), 7)
        adafactors[f"{name}.prompt"] = prompt.detach()

    def long_classes(prompt, row):
        def probability(word):
            read = torch.cat((prompt, embed(torch.tensor(row + word[:-1]))))
            logs = model(inputs_embeds=read[None]).logits[0, -len(word) :].log_softmax(-1)
            return sum(logs[i, token] for i, token in enumerate(word))

        return torch.stack([torch.stack([probability(word) for word in words]).logsumexp(0) for words in LONG_WORDS]).log_softmax(0)

    prompt = torch.nn.Parameter(first.clone())
    long_loss = lambda chosen: -sum(long_classes(prompt, ids[r])[labels[r]] for r in chosen) / len(chosen)
    long_losses, _ = adam_steps([prompt], long_loss, len(ids), 7)

    prompt = torch.nn.Parameter(first.clone())
    deep = DeepPrompt(model, prompt.detach())
    deep_losses, _ = adam_steps([prompt, *deep.rows], lambda chosen: loss_of(prompt, chosen), len(ids), 7)
    deep.remove()
    with torch.no_grad():
        classes = torch.stack([class_log_probabilities(last(first, row)) for row in ids])
        long = torch.stack([long_classes(first, row) for row in ids])

    tuned = get_peft_model(
        AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval(),
        PromptTuningConfig(task_type=TaskType.CAUSAL_LM, num_virtual_tokens=TOKENS, token_dim=table.shape[1]),
    ).eval()
    tuned.prompt_encoder["default"].embedding.weight.data.copy_(first)
    with torch.no_grad():
        logits = tuned(input_ids=torch.tensor([ids[0]])).logits[0]
    saved = out / f"peft-{folder.name}"
    tuned.save_pretrained(saved)
    (saved / "README.md").unlink(missing_ok=True)
    config = json.loads((saved / "adapter_config.json").read_text())
    # The folder that the model was read from is this machine's own.
    config["base_model_name_or_path"] = folder.name
    (saved / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")

    tensors = {"prompt": first, "labels": torch.tensor(labels), "classes": classes, "gradient": gradient, "logits": logits}
    tensors |= {"losses": losses, "words": torch.tensor(sum(WORDS, []))}
    tensors |= {"long.classes": long, "long.losses": long_losses, "deep.losses": deep_losses}
    tensors |= adafactors
    tensors |= {f"ids.{r}": torch.tensor(row) for r, row in enumerate(ids)}
    write_golden(out / f"{folder.name}.safetensors", tensors, seed=SEED)
    print(f"{folder.name:24} losses {losses[0]:.3f} to {losses[-1]:.3f}, deep to {deep_losses[-1]:.3f}")


def main() -> None:
    checkpoints, out = begin()
    shutil.rmtree(out)
    out.mkdir()
    for name in NAMES:
        expect(checkpoints / name, out)


if __name__ == "__main__":
    main()
