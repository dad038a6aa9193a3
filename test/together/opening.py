"""The first cells that anybody runs: open the demo over two processes, run a sentence, look at the attention."""

import base64
import hashlib
import json
import os
import struct

from opened import main, opening, pids, remains, value

ATTENTION = "application/vnd.vitrail.attention.v1+json"
SENTENCE = "The nurse said that he was tired and that he was late"


def the_plan_is_printed_and_a_bar_moves(nb):
    outcome = nb.ok(opening("first"))
    assert "pipeline 2" in outcome.stream(), outcome.stream()
    assert outcome.stream("stderr") == "", outcome.stream("stderr")
    [bar] = outcome.of("display_data")
    updates = outcome.of("update_display_data")
    assert updates and {u["transient"]["display_id"] for u in updates} == {bar["transient"]["display_id"]}, updates
    assert "100 %" in updates[-1]["data"]["text/plain"] and "ready" in updates[-1]["data"]["text/plain"], updates[-1]
    assert "<progress" in updates[-1]["data"]["text/html"]


def attention_is_shown_with_its_provenance(nb):
    nb.ok(f'const run = await session.forward("{SENTENCE}", {{ hooks: [capture("layers.*.attention.pattern")] }});')
    [shown] = nb.ok("attention(run)").of("execute_result")
    data = shown["data"]
    assert sorted(data) == [ATTENTION, "image/png", "text/plain"], sorted(data)

    png = base64.b64decode(data["image/png"], validate=True)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    size = struct.unpack(">II", png[16:24])
    assert size == (shown["metadata"]["image/png"]["width"], shown["metadata"]["image/png"]["height"]), size
    assert "2 layers × 4 heads" in data["text/plain"], data["text/plain"]

    payload = data[ATTENTION]
    assert payload["layers"] == [0, 1] and payload["heads"] == 4 and payload["causal"] is True
    tokens = value(nb, "run.tokens[0].map((token) => token.text)")
    assert payload["tokens"] == tokens and len(tokens) > 5, (payload["tokens"], tokens)

    status = value(nb, "await session.status()")
    origin = payload["provenance"]
    ids = value(nb, "run.tokens.map((row) => row.map(({ id }) => id))")
    read = json.dumps(ids, separators=(",", ":"))
    assert origin == {
        "model": "demo",
        "fingerprint": status["fingerprint"],
        "mesh": status["mesh"],
        "devices": ["cpu", "cpu"],
        "dtype": "f32",
        "seed": None,
        "versions": origin["versions"],
        "tokens": hashlib.sha256(read.encode()).hexdigest(),
        "call": origin["call"],
    }, origin
    assert len(origin["fingerprint"]) >= 16 and "pipeline 2" in origin["mesh"], origin
    assert sorted(origin["versions"]) == ["node", "onnxruntime", "vitrail"]
    assert all(part[0].isdigit() for part in origin["versions"].values()), origin["versions"]
    assert origin["versions"]["node"] == value(nb, "process.versions.node")
    assert origin["call"] == 'forward("The nurse said that he was tired and tha…", capture("layers.*.attention.pattern"))'
    assert os.environ["FOLDER"] not in str(payload)


def patterns_are_those_of_one_process(nb):
    """Two ranks and one give the same patterns, so what crosses the processes is whole."""
    nb.ok('const alone = await Session.open(demoCheckpoint(), { name: "alone", quiet: true });')
    nb.ok(f'const same = await alone.forward("{SENTENCE}", {{ hooks: [capture("layers.*.attention.pattern")] }});')
    assert value(nb, "[...same.captures.keys()]") == [f"layers.{i}.attention.pattern" for i in (0, 1)]
    for name in ("layers.0.attention.pattern", "layers.1.attention.pattern"):
        nb.ok(f'const [a, b] = [run.get("{name}").data, same.get("{name}").data];')
        # The effect first: a pattern that is all zero would agree with anything.
        assert value(nb, "a.reduce((sum, x) => sum + x, 0)") > 10
        assert value(nb, "a.length === b.length && Math.max(...a.map((x, i) => Math.abs(x - b[i]!)))") < 1e-6


def tokens_grow_in_the_cell_as_they_come(nb):
    """The pace is set by `onToken`, which is waited for: redrawing is not faster than can be seen."""
    nb.ok("const pause = () => new Promise<void>((go) => setTimeout(go, 100));")
    prompts = '["The nurse said", "A doctor"]'
    outcome = nb.ok(f"const told = await session.generate({prompts}, {{ maxTokens: 6, onToken: pause }});")
    [first] = outcome.of("display_data")
    updates = outcome.of("update_display_data")
    assert {u["transient"]["display_id"] for u in updates} == {first["transient"]["display_id"]}, updates
    texts = [shown["data"]["text/plain"] for shown in [first, *updates]]
    assert [line.split("│")[1] for line in texts[0].split("\n")] == ["…", "…"], texts[0]
    lengths = [len(text) for text in texts]
    assert len(set(lengths)) >= 5 and lengths[:-1] == sorted(lengths[:-1]), texts
    rows = value(nb, "told.rows.map((row) => row.text)")
    assert texts[-1] == f"The nurse said│{rows[0]}\nA doctor│{rows[1]}", (texts[-1], rows)

    quiet = nb.ok(f"const again = await session.generate({prompts}, {{ maxTokens: 6, stream: false }});")
    assert quiet.of("display_data") == [] and value(nb, "again.rows.map((row) => row.text)") == rows
    [shown] = nb.ok("again").of("execute_result")
    assert shown["data"]["text/plain"].startswith(texts[-1] + "\ndemo ("), shown["data"]["text/plain"]


def closing_leaves_nothing(nb):
    made = pids(nb) + pids(nb, "alone")
    assert len(set(made)) == 5, made
    nb.ok("await session.close(); await alone.close();")
    assert remains(made) == []
    outcome = nb.run('await session.forward("again");')
    assert outcome.reply["status"] == "error" and "\n" not in outcome.reply["evalue"], outcome.reply
    assert "closed" in outcome.reply["evalue"], outcome.reply


main(
    [
        the_plan_is_printed_and_a_bar_moves,
        attention_is_shown_with_its_provenance,
        patterns_are_those_of_one_process,
        tokens_grow_in_the_cell_as_they_come,
        closing_leaves_nothing,
    ]
)
