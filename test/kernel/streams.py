"""Streams and display: nothing lost, in order, idle last."""

from harness import main


def a_flood_arrives_whole_and_idle_is_last(nb):
    outcome = nb.ok("for (let i = 0; i < 100_000; i++) console.log(`line ${i}`);\n'done'")
    assert outcome.stream() == "".join(f"line {i}\n" for i in range(100_000))
    assert outcome.result == "'done'"
    assert outcome.messages[-1]["content"] == {"execution_state": "idle"}
    # Coalesced: far fewer messages than lines.
    assert len(outcome.of("stream")) < 2_000, len(outcome.of("stream"))


def a_flood_below_javascript_arrives_whole(nb):
    outcome = nb.ok(
        "import { execSync } from 'node:child_process';\n"
        "execSync('i=0; while [ $i -lt 20000 ]; do echo n$i; i=$((i+1)); done', { stdio: 'inherit' });"
    )
    assert outcome.stream() == "".join(f"n{i}\n" for i in range(20_000))


def both_streams_keep_their_order(nb):
    outcome = nb.ok("console.log('a'); console.error('b'); console.log('c'); process.stdout.write('d');")
    assert [(c["name"], c["text"]) for c in outcome.of("stream")] == [
        ("stdout", "a\n"),
        ("stderr", "b\n"),
        ("stdout", "c\nd"),
    ], outcome.of("stream")


def output_appears_while_the_cell_runs(nb):
    msg_id = nb.client.execute("console.log('early');\nawait input('wait');", allow_stdin=True)
    nb.until(lambda m: m["msg_type"] == "stream" and m["content"]["text"] == "early\n")
    assert nb.client.get_stdin_msg(timeout=30)["content"]["prompt"] == "wait"
    nb.client.input("go on")
    assert nb.collect_rest(msg_id).reply["status"] == "ok"


def output_of_a_busy_loop_appears_at_once(nb):
    msg_id = nb.client.execute("console.log('first');\nfor (;;) {}")
    nb.until(lambda m: m["msg_type"] == "stream" and m["content"]["text"] == "first\n")
    nb.control("interrupt_request")
    assert nb.collect_rest(msg_id).reply["ename"] == "Interrupted"


def late_output_goes_to_the_cell_that_made_it(nb):
    first = nb.ok("setTimeout(() => console.log('late'), 300);\n1")
    parent = first.messages[0]["parent_header"]["msg_id"]
    second = nb.ok("await new Promise((done) => setTimeout(done, 600));\nconsole.log('second');")
    assert second.stream() == "second\n"
    late = [m for m in nb.others if m["msg_type"] == "stream"]
    assert [(m["content"]["text"], m["parent_header"]["msg_id"]) for m in late] == [("late\n", parent)]


def unicode_is_kept(nb):
    text = "\U0001f600 e\u0301 日本語"
    assert nb.ok(f"console.log('{text}')").stream() == text + "\n"
    assert nb.ok(f"process.stdout.write(Buffer.from('{text}').subarray(0, 2)); process.stdout.write(Buffer.from('{text}').subarray(2));").stream() == text


def displays_and_updates(nb):
    sink = "(globalThis as any)[Symbol.for('vitrail.display')]"
    outcome = nb.ok(
        f"const sink = {sink};\n"
        "console.log('before');\n"
        "sink.display({ data: { 'text/plain': 'one', 'image/png': new Uint8Array([1, 2, 3]) }, metadata: {} }, { id: 'x' });\n"
        "sink.display({ data: { 'text/plain': 'two' }, metadata: {} }, { id: 'x', update: true });\n"
        "console.log('after');\n"
        "sink.clear(true);"
    )
    kinds = [m["msg_type"] for m in outcome.messages if m["msg_type"] not in ("status", "execute_input")]
    assert kinds == ["stream", "display_data", "update_display_data", "stream", "clear_output"], kinds
    shown = outcome.of("display_data")[0]
    assert shown["data"] == {"text/plain": "one", "image/png": "AQID"}
    assert shown["transient"] == {"display_id": "x"}
    assert outcome.of("update_display_data")[0]["transient"] == {"display_id": "x"}
    assert outcome.of("clear_output") == [{"wait": True}]


def mime_data_by_the_library(nb):
    outcome = nb.ok(
        "import { display } from 'vitrail';\n"
        "const shown1 = display({ 'text/html': '<b>1</b>', 'text/plain': 'one', 'image/png': new Uint8Array([1, 2, 3]) });\n"
        "shown1.update({ data: { 'text/html': '<b>2</b>' }, metadata: { 'text/html': { isolated: true } } });\n"
        "display({ a: 1 })"
    )
    first, other = outcome.of("display_data")
    (update,) = outcome.of("update_display_data")
    assert first["data"] == {"text/html": "<b>1</b>", "text/plain": "one", "image/png": "AQID"}, first
    assert update["data"] == {"text/html": "<b>2</b>"} and update["metadata"] == {"text/html": {"isolated": True}}, update
    assert update["transient"] == first["transient"] != other["transient"], (first, update, other)
    assert other["data"] == {"text/plain": "{ a: 1 }"}, other
    assert outcome.result is None, outcome.result
    assert nb.ok("shown1").result is None
    # What is not displayed but is a cell's value is printed as it is, and errors are shown as ever.
    assert nb.ok("({ 'text/html': '<b>1</b>' })").result == "{ 'text/html': '<b>1</b>' }"
    assert nb.run("display('before'); throw new Error('after')").reply["evalue"] == "after"


def results_by_the_display_symbol(nb):
    outcome = nb.ok("({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<b>1</b>', 'text/plain': 'one' }) })")
    assert outcome.of("execute_result")[0]["data"] == {"text/html": "<b>1</b>", "text/plain": "one"}
    outcome = nb.ok("({ [Symbol.for('Jupyter.display')]: async () => ({ data: { 'text/html': 'x' }, metadata: { a: 1 } }) })")
    result = outcome.of("execute_result")[0]
    assert result["data"]["text/html"] == "x" and result["metadata"] == {"a": 1} and "text/plain" in result["data"]


def a_large_payload_arrives(nb):
    outcome = nb.ok("({ [Symbol.for('Jupyter.display')]: () => ({ 'text/plain': 'big', 'text/html': 'x'.repeat(40_000_000) }) })")
    assert outcome.of("execute_result")[0]["data"]["text/html"] == "x" * 40_000_000


def a_bundle_that_is_no_json_fails_the_cell(nb):
    outcome = nb.run("({ [Symbol.for('Jupyter.display')]: () => ({ 'text/plain': 10n }) })")
    assert outcome.reply["ename"] == "TypeError" and "BigInt" in outcome.reply["evalue"], outcome.reply
    outcome = nb.run("({ [Symbol.for('Jupyter.display')]: () => 5 })")
    assert "returned 5, not MIME data" in outcome.reply["evalue"], outcome.reply


def tslab_is_served(nb):
    outcome = nb.ok(
        "import * as tslab from 'tslab';\n"
        "tslab.display.html('<i>t</i>');\n"
        "tslab.display.png(new Uint8Array([1, 2, 3]));\n"
        "const shown = tslab.newDisplay();\n"
        "shown.text('a'); shown.markdown('*b*');\n"
        "tslab.versions.tslab"
    )
    assert [c["data"] for c in outcome.of("display_data")] == [
        {"text/html": "<i>t</i>"},
        {"image/png": "AQID"},
        {"text/plain": "a"},
    ]
    update = outcome.of("update_display_data")[0]
    assert update["data"] == {"text/markdown": "*b*"}
    assert update["transient"] == outcome.of("display_data")[2]["transient"]
    assert outcome.result == "'1.0.22'"


checks = [value for name, value in list(globals().items()) if callable(value) and getattr(value, "__module__", "") == "__main__"]
main(checks)
