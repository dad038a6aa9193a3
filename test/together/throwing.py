"""A host edit that throws: its cell is told so, where it stands in the cell, and nothing else is."""

from opened import main, opening, pids, remains, value

ROWS = "[2, 5, 6, 7]"


def logits(nb, hooks="", rows=ROWS):
    """The logits of a forward pass, number by number."""
    return value(nb, f"[...(await session.forward({rows}{hooks})).logits!.data]")


def the_session_opens(nb):
    nb.ok(opening("throwing"))
    nb.ok('import { edit } from "vitrail";')
    nb.before = logits(nb)
    nb.ok("const doubled = edit('layers.1.residual.out', (x) => x.data.map((each) => 2 * each));")
    assert logits(nb, ", { hooks: [doubled] }") != nb.before, "a host edit changes nothing"


def the_cell_is_told_what_and_where(nb):
    made = pids(nb)
    outcome = nb.run(
        "interface Long { field: string }\n"
        "const broken = edit('layers.1.residual.out', (x) => {\n"
        "  if (x.shape[1] === 4) throw new RangeError('too far');\n"
        "  return x;\n"
        "});\n"
        "let reached = true;\n"
        f"const never = await session.forward({ROWS}, {{ hooks: [doubled, broken] }});\n"
        "reached = false;"
    )
    name = f"cell-{outcome.reply['execution_count']}.ts"
    assert outcome.reply["ename"] == "RangeError", outcome.reply
    assert outcome.reply["evalue"] == 'edit "layers.1.residual.out": too far', outcome.reply
    assert f"{name}:3:31" in outcome.error, outcome.error
    assert "> 3 |   if (x.shape[1] === 4) throw new RangeError('too far');" in outcome.error, outcome.error
    assert "dist/" not in outcome.error and "node:internal" not in outcome.error, outcome.error
    assert value(nb, "reached") is True, "the cell went on"
    assert pids(nb) == made, "processes were started anew"


def the_next_passes_are_clean(nb):
    assert logits(nb) == nb.before
    # The same function, of other rows, does not throw, and gives back what it was given.
    kept = logits(nb, ", { hooks: [broken] }", "[[2, 5, 6]]")
    assert kept == logits(nb, rows="[[2, 5, 6]]")
    nb.ok(
        "let told = '';\n"
        f"await session.forward({ROWS}, {{ hooks: [broken] }}).catch((error: Error) => (told = error.message));\n"
        f"const after = (await session.forward({ROWS})).logits!;"
    )
    assert value(nb, "told") == 'edit "layers.1.residual.out": too far'
    assert value(nb, "[...after.data]") == nb.before


def a_wrong_shape_names_the_point(nb):
    outcome = nb.run(f"await session.forward({ROWS}, {{ hooks: [edit('norm', () => new Float32Array(3))] }});")
    told = outcome.reply["evalue"]
    assert told.startswith('edit "norm" returned Float32Array of 3: it must be a tensor of shape [1, 4, '), told
    assert ", what is selected of norm [batch, position, unit " in told and told.endswith(" and logits"), told
    assert logits(nb) == nb.before


def closing_leaves_nothing(nb):
    made = pids(nb)
    nb.ok("await session.close();")
    assert remains(made) == []


main(
    [
        the_session_opens,
        the_cell_is_told_what_and_where,
        the_next_passes_are_clean,
        a_wrong_shape_names_the_point,
        closing_leaves_nothing,
    ]
)
