"""
Gradients through edits, and edited gradients, by PyTorch's autograd: `backward_edits.py CHECKPOINTS OUT`.

Writes OUT/NAME.safetensors: for each case `CASE.rows.R.POINT`, the gradient at the first residual of each row's own unpadded
run, and `CASE.parameter.PATH`, summed over the rows as the loss is; for each module whose input's gradient is edited also that
gradient, `CASE.rows.R.PATH.input`; `hooked.parameter.PATH`, of parameters with hooks of their own; and `vector`, which some
cases use. The loss is that of backward.py, float32, eager
attention. The cases mean the same as those of test/parity/backwardEdits.test.ts.
"""

from pathlib import Path

import torch

from backward import PARAMETERS, Run, cross_entropy, differentiable, relative
from edits import last_position, only_head, zero_head
from expected import rows
from golden import begin, write_golden
from parameter_edits import wave
from points import paths

SEED = 34
#: Where gradients are read: everything that is edited comes behind it.
EARLY = "layers.0.residual.in"

#: Edited together: one parameter whose rows the tensor ranks share, one whose columns, and the words, which is also the head.
EDITED = {
    "galactica": [
        "model.decoder.embed_tokens.weight",
        "model.decoder.layers.0.self_attn.q_proj.weight",
        "model.decoder.layers.1.fc2.weight",
    ],
    "llama-grouped": [
        "model.embed_tokens.weight",
        "model.layers.1.self_attn.o_proj.weight",
        "model.layers.2.mlp.up_proj.weight",
    ],
    "gpt2": [
        "transformer.wte.weight",
        "transformer.h.0.attn.c_attn.weight",
        "transformer.h.1.attn.c_proj.weight",
    ],
}


def projections(vector):
    direction = vector / vector.norm()
    onto = lambda x: (x @ direction)[..., None] * direction
    return onto, lambda x: x - onto(x)


def forward_cases(vector, size, other):
    """Edits of values, as in edits.py; `other` is what layer 0 gives for the row turned around."""
    onto, out = projections(vector)
    layer, attention = ((0, None), "output"), ((1, "attention"), "output")
    z, hidden, pattern = ((0, "projected"), "input"), ((1, "mlp_out"), "input"), ((1, "attention"), "pattern")
    over = lambda axis: lambda x: x.mean(axis, keepdim=True).expand_as(x)
    return {
        "scale": (*layer, lambda x: x * 1.75),
        "add": (*layer, lambda x: x + vector),
        "addLast": (*layer, lambda x: last_position(x, lambda y: y + 2 * vector)),
        "setFirst": (*layer, lambda x: torch.cat((vector.expand(len(x), 1, -1), x[:, 1:]), 1)),
        "zeroAttention": (*attention, lambda x: x * 0),
        "mean": (*attention, over(1)),
        "meanUnits": (*attention, over(-1)),
        "meanHeads": (*pattern, over(1)),
        "meanKeys": (*pattern, over(-1)),
        "meanQueries": (*pattern, over(-2)),
        "keepHead": (*z, lambda x: only_head(x, 1, size)),
        "zeroHead": (*z, lambda x: zero_head(x, 1, size)),
        "patched": (*layer, lambda x: torch.cat((x[:, :-2], other[:, -2:]), 1)),
        "projectOut": (*layer, out),
        "projectOnto": (*attention, onto),
        "projectLast": (*layer, lambda x: last_position(x, onto)),
        "scaleUnits": (*hidden, lambda x: torch.cat((x[..., :3], x[..., 3:9] * -3, x[..., 9:]), -1)),
        "tracedHidden": (*hidden, lambda x: x.softmax(-1) * x * 4),
    }


def gradient_cases(vector, size, mean, other):
    """
    Edits of gradients, by hook point; `mean` is that of the plain gradients of all tokens at layer 0's output, `other` has the
    row's gradients of another loss, by point.
    """
    onto, out = projections(vector)
    heads = lambda g: g.unflatten(-1, (-1, size))
    _, out_of_head = projections(vector[:size])
    units = lambda edit: lambda g: torch.cat((g[..., :3], edit(g)[..., 3:9], g[..., 9:]), -1)
    head = lambda edit: lambda g: zero_head(g, 1, size) + only_head(edit(g), 1, size)
    # Of the last two tokens.
    late = lambda edit: lambda g: torch.cat((g[:, :-2], edit(g)[:, -2:]), 1)
    z, hidden, layer = "layers.1.attention.z", "layers.1.mlp.hidden", "layers.0.residual.out"
    return {
        "gradientKeepUnits": (layer, lambda g: g - units(torch.zeros_like)(g)),
        "gradientKeepLate": (layer, lambda g: g - late(torch.zeros_like)(g)),
        "gradientZeroHead": (z, head(torch.zeros_like)),
        "gradientZeroUnits": (layer, units(torch.zeros_like)),
        "gradientOutHead": (z, head(lambda g: out_of_head(heads(g)).flatten(-2))),
        "gradientOutUnits": (layer, units(out)),
        "gradientPatchHead": (z, late(head(lambda _: other[z]))),
        "gradientPatchUnits": (layer, late(units(lambda _: other[layer]))),
        "gradientMeanHead": (
            "layers.1.attention.pattern",
            lambda g: torch.cat((g[:, :1], g.mean(1, keepdim=True), g[:, 2:]), 1),
        ),
        "gradientMeanUnits": (hidden, units(lambda g: g.mean(-1, keepdim=True).expand_as(g))),
        "gradientKeep": (z, lambda g: only_head(g, 1, size)),
        "gradientMean": ("layers.1.attention.output", lambda g: g.mean(1, keepdim=True).expand_as(g)),
        "gradientMeanAll": (layer, lambda g: mean.expand_as(g)),
        "gradientAdd": (layer, lambda g: g + vector),
        "gradientSet": (layer, lambda g: vector.expand_as(g)),
        "gradientSetLast": (layer, lambda g: last_position(g, lambda y: vector.expand_as(y))),
        "gradientOnto": ("layers.1.attention.output", onto),
        "gradientTraced": (hidden, lambda g: g.tanh() * 2),
        "gradientUnits": (hidden, units(lambda g: g * -3)),
        "gradientHostSorted": (hidden, lambda g: g.sort(-1).values),
        "gradientHostTurned": (
            layer,
            lambda g: last_position(g, lambda y: torch.cat((y[..., :3], y[..., 3:9].flip(-1), y[..., 9:]), -1)),
        ),
        "gradientHostHeads": (z, lambda g: heads(g).sort(-2).values.flatten(-2)),
        "gradientHostPattern": ("layers.1.attention.pattern", lambda g: g.softmax(1) * g * 4),
    }


class Expected:
    """What is found of one model, case after case."""

    def __init__(self, folder: Path):
        self.name, self.model = folder.name, differentiable(folder)
        config = self.model.config
        self.rows = rows(config.vocab_size)[:2]
        self.place, self.inner, _ = paths(config)
        self.size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        generator = torch.Generator().manual_seed(SEED)
        self.vector = torch.randn(config.hidden_size, generator=generator)
        self.tensors = {"vector": self.vector}
        #: Its gradient has what padding would add to it.
        self.parameters = [f"{self.place}.0.{self.inner.norm}.weight"]

    def runs(self, *how, **more):
        return [Run(self.model, ids, *how, **more) for ids in self.rows]

    def backward(self, runs):
        self.model.zero_grad()
        sum(cross_entropy(r, ids, 1 + 0.1 * torch.arange(len(ids))) for r, ids in zip(runs, self.rows)).backward()

    def keep(self, case, gradients, parameters=None):
        """Keeps the gradients of each row by name, and those of parameters, which must not be those of the plain run."""
        for r, found in enumerate(gradients):
            for name, gradient in found.items():
                self.tensors[f"{case}.rows.{r}.{name}"] = gradient.contiguous().clone()
            plain = self.tensors[f"plain.rows.{r}.{EARLY}"]
            # An edit that changes nothing tests nothing.
            if case != "plain" and relative(found[EARLY], plain) < 1e-2:
                raise AssertionError(f"{self.name}: {case} does not move the gradient of row {r}")
        of = dict(self.model.named_parameters())
        for path in parameters or self.parameters:
            self.tensors[f"{case}.parameter.{path}"] = of[path].grad.clone()

    def early(self, run):
        tensor, read = run.kept[EARLY]
        return {EARLY: read(tensor.grad)}

    def case(self, case, runs):
        self.backward(runs)
        self.keep(case, [self.early(run) for run in runs])

    def plain(self):
        runs = self.runs([], [])
        self.case("plain", runs)
        return torch.cat([run.kept["layers.0.residual.out"][0].grad for run in runs], 1).mean((0, 1))

    def turned(self, ids):
        return Run(self.model, ids[::-1], [], []).kept["layers.0.residual.out"][0].detach().clone()

    def of_squares(self, ids):
        """Gradients of another loss, the sum of the squared logits."""
        run = Run(self.model, ids, [], [])
        run.logits.square().sum().backward()
        return {point: run.kept[point][0].grad for point in ("layers.1.attention.z", "layers.0.residual.out")}

    def mean_of_all(self):
        """The mean is of the rows' plain runs, and so are the gradients through it."""
        own = self.runs([], [])
        mean = torch.cat([run.kept["layers.1.attention.output"][0] for run in own], 1).mean((0, 1))
        runs = self.runs([((1, "attention"), "output", lambda x: mean.expand_as(x))], [])
        self.backward(runs)
        both = [[self.early(run)[EARLY] for run in pair] for pair in zip(own, runs)]
        self.keep("meanAll", [{EARLY: a + b} for a, b in both])

    def inputs(self):
        """Gradients at what one module reads: nothing else reads it, so that others' gradients are not in it."""
        norm, projection = (f"{self.place}.1.{path}" for path in (self.inner.norm, self.inner.projections[0]))
        tripled, tanh = lambda g: g * 3, lambda g: g.tanh() * 2
        for case, edits in {
            "inputNorm": {norm: tripled},
            "inputProjection": {projection: tanh},
            "inputs": {norm: tanh, projection: lambda g: g * -2},
        }.items():
            runs = self.runs([], [], inputs={norm: None, projection: None} | edits)
            self.backward(runs)
            own = [{f"{path}.input": x.grad[0] for path, x in run.inputs.items()} for run in runs]
            self.keep(case, [self.early(run) | found for run, found in zip(runs, own)])
        runs = self.runs([], [], inputs={norm: None, projection: None})
        self.backward(runs)
        for r, run in enumerate(runs):
            for path, x in run.inputs.items():
                name = f"rows.{r}.{path}.input"
                self.tensors[f"plain.{name}"] = x.grad[0].clone()
                case = "inputNorm" if path == norm else "inputProjection"
                if relative(self.tensors[f"{case}.{name}"], x.grad[0]) < 1e-2:
                    raise AssertionError(f"{self.name}: {case} does not move the gradient at {path}.input")

    def hooked_parameters(self):
        """Hooks of parameters, whose gradients they change and no others: of both rows together, called once."""
        of = dict(self.model.named_parameters())
        self.backward(self.runs([], []))
        bare = {path: of[path].grad.clone() for path in EDITED[self.name]}
        _, out = projections(torch.sin(0.7 * torch.arange(bare[EDITED[self.name][1]].shape[-1])))
        calls, handles = [], []
        for path, edits in zip(
            EDITED[self.name],
            ([lambda g: g.sort(-1).values], [out, lambda g: g * -2], [lambda g: g.softmax(-1) * g * 4]),
        ):
            for edit in edits:
                handles.append(of[path].register_hook(lambda g, path=path, edit=edit: calls.append(path) or edit(g)))
        runs = self.runs([], [])
        self.backward(runs)
        for handle in handles:
            handle.remove()
        if len(calls) != len(handles):
            raise AssertionError(f"{self.name}: hooks of parameters are called {len(calls)} times")
        for r, run in enumerate(runs):
            if not torch.equal(self.early(run)[EARLY], self.tensors[f"plain.rows.{r}.{EARLY}"]):
                raise AssertionError(f"{self.name}: hooks of parameters move another gradient")
        for path in bare:
            self.tensors[f"hooked.parameter.{path}"] = of[path].grad.clone()
            if relative(of[path].grad, bare[path]) < 1e-2:
                raise AssertionError(f"{self.name}: the gradient of {path} does not move")

    def edited_parameters(self):
        of = dict(self.model.named_parameters())
        before = {path: of[path].detach().clone() for path in EDITED[self.name]}
        plain = self.runs([], [])
        self.backward(plain)
        bare = {path: of[path].grad.clone() for path in before}
        with torch.no_grad():
            for path in before:
                of[path].add_(wave(of[path]))
        runs = self.runs([], [])
        self.backward(runs)
        self.keep("parameters", [self.early(run) for run in runs], list(before))
        with torch.no_grad():
            for path, tensor in before.items():
                if relative(of[path].grad, bare[path]) < 1e-2:
                    raise AssertionError(f"{self.name}: the gradient of {path} does not move")
                of[path].copy_(tensor)


def expect(folder: Path, out: Path) -> None:
    found = Expected(folder)
    mean = found.plain()
    found.inputs()
    turned = [found.turned(ids) for ids in found.rows]
    for case in forward_cases(found.vector, found.size, turned[0]):
        own = [forward_cases(found.vector, found.size, other)[case] for other in turned]
        found.case(case, [Run(found.model, ids, [edit], []) for ids, edit in zip(found.rows, own)])
    found.mean_of_all()
    others = [found.of_squares(ids) for ids in found.rows]
    for case in gradient_cases(found.vector, found.size, mean, others[0]):
        own = [gradient_cases(found.vector, found.size, mean, other)[case] for other in others]
        found.case(case, [Run(found.model, ids, [], [edit]) for ids, edit in zip(found.rows, own)])
    found.hooked_parameters()
    found.edited_parameters()
    write_golden(out / f"{folder.name}.safetensors", found.tensors, seed=SEED)
    print(f"{folder.name:24} {len(found.tensors)} tensors")


def main() -> None:
    checkpoints, out = begin()
    for name in PARAMETERS:
        expect(checkpoints / name, out)


if __name__ == "__main__":
    main()
