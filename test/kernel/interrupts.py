"""Interrupts: whatever runs stops, and variables are kept. Also what happens when the runner is lost."""

import os
import tempfile
import time

from harness import main

SCENARIOS = {
    "synchronous loop": "console.log('on'); while (true) {}",
    "loop after an await": "await new Promise((d) => setTimeout(d, 5)); console.log('on'); while (true) {}",
    "microtask loop": "console.log('on'); const spin = async () => { while (true) await null; }; await spin();",
    "pending await": "console.log('on'); await new Promise(() => {});",
    "loop in a timer": "setTimeout(() => { console.log('on'); while (true) {} }, 5); await new Promise(() => {});",
    "loop in an immediate": "setImmediate(() => { console.log('on'); while (true) {} }); await new Promise(() => {});",
    "loop in a listener": (
        "import { EventEmitter as E1 } from 'node:events';\n"
        "const e1 = new E1(); e1.on('x', () => { console.log('on'); while (true) {} }); e1.emit('x');"
    ),
    "loop after reading a file": (
        "import { readFile as read1 } from 'node:fs/promises';\n"
        "await read1(process.execPath.length ? '/proc/self/stat' : ''); console.log('on'); while (true) {}"
    ),
    "loop in a connection": (
        "import { connect as connect1, createServer as serve1 } from 'node:net';\n"
        "const server1 = serve1((socket) => { server1.close(); socket.destroy(); console.log('on'); while (true) {} });\n"
        "server1.listen(0, '127.0.0.1', () => connect1((server1.address() as { port: number }).port, '127.0.0.1'));\n"
        "await new Promise(() => {});"
    ),
    "loop in a message port": (
        "import { MessageChannel as Channel1 } from 'node:worker_threads';\n"
        "const { port1, port2 } = new Channel1();\n"
        "port2.on('message', () => { port2.close(); console.log('on'); while (true) {} });\n"
        "port1.postMessage(1); await new Promise(() => {});"
    ),
    "loop in then": "await Promise.resolve().then(() => { console.log('on'); while (true) {} });",
    "Atomics.wait": "console.log('on'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
    "catastrophic pattern": "console.log('on'); /^(a+)+$/.test('a'.repeat(40) + 'b');",
    "loop in a getter": "console.log('on'); ({ get a() { while (true) {} } }).a;",
    "loop while it is printed": (
        "console.log('on'); ({ [Symbol.for('nodejs.util.inspect.custom')]() { while (true) {} } })"
    ),
    "loop that yields": "let beat = 0; console.log('on'); for (;;) { beat++; await new Promise((d) => setImmediate(d)); }",
    "loop that sleeps": (
        "import { setTimeout as sleep } from 'node:timers/promises';\n"
        "let steps = 0; console.log('on'); for (;;) { steps++; await sleep(1); }"
    ),
    "loop that reads files": (
        "import { readFile as read2 } from 'node:fs/promises';\n"
        "let reads = 0; console.log('on'); for (;;) { reads++; await read2('/proc/self/stat'); }"
    ),
    "loop over what a timer gives": (
        "import { setInterval as every } from 'node:timers/promises';\n"
        "let ticks = 0; console.log('on'); for await (const _ of every(1)) ticks++;"
    ),
    "waiting for a process": (
        "import { execSync as exec1 } from 'node:child_process';\nconsole.log('on'); exec1('sleep 100; true');"
    ),
    "flood": "console.log('on'); while (true) console.log('x'.repeat(1000));",
}


def started(nb, code):
    msg_id = nb.client.execute(code)
    nb.until(lambda m: m["msg_type"] == "stream" and m["content"]["text"].startswith("on\n"))
    return msg_id


def check_of(name, code):
    def check(nb):
        nb.ok("let kept = 41;")
        pid = nb.ok("process.pid").result
        for _ in range(2):
            msg_id = started(nb, code)
            begun = time.monotonic()
            assert nb.control("interrupt_request") == {"status": "ok"}
            outcome = nb.collect_rest(msg_id)
            print(f"   {name}: {1000 * (time.monotonic() - begun):.0f} ms")
            assert outcome.reply["ename"] == "Interrupted", outcome.reply
            assert nb.ok("process.pid").result == pid, "the runner was replaced"
        assert nb.ok("kept + 1").result == "42"
        # Timers, promises and context still work afterwards.
        assert nb.ok("await new Promise<number>((d) => setTimeout(() => d(7), 3))").result == "7"

    check.__name__ = name.replace(" ", "_")
    return check


def interrupted_loops_do_not_run_on(nb):
    # What `finally` blocks await has a second.
    nb.ok("await new Promise((d) => setTimeout(d, 1100))")
    for name in ("beat", "steps", "reads", "ticks"):
        before = nb.ok(name).result
        nb.ok("await new Promise((d) => setTimeout(d, 50))")
        assert nb.ok(name).result == before != "0", name


def late_output_finds_its_cell_after_terminations(nb):
    first = nb.ok("setTimeout(() => console.log('late'), 200);\n1").messages[0]["parent_header"]["msg_id"]
    nb.ok("await new Promise((d) => setTimeout(d, 400))")
    late = [m for m in nb.others if m["msg_type"] == "stream" and m["content"]["text"] == "late\n"]
    assert [m["parent_header"]["msg_id"] for m in late] == [first], late


def what_an_interrupted_cell_cleans_up_is_shown(nb):
    host = "(globalThis as any)[Symbol.for('vitrail.host')]"
    nb.ok("let slowly = false;")
    msg_id = started(
        nb,
        f"const ended: AbortSignal = {host}.cellSignal();\n"
        "console.log('on');\n"
        "try { await new Promise((_, no) => ended.addEventListener('abort', () => no(ended.reason))); }\n"
        "finally { console.log('cleaned up'); await null; slowly = true; }",
    )
    nb.control("interrupt_request")
    outcome = nb.collect_rest(msg_id)
    assert outcome.reply["ename"] == "Interrupted"
    assert outcome.stream() == "cleaned up\n"
    assert nb.ok("slowly").result == "true"


def an_idle_kernel_takes_interrupts(nb):
    nb.ok("const idle = 5;")
    for _ in range(3):
        assert nb.control("interrupt_request") == {"status": "ok"}
    assert nb.ok("idle").result == "5"


def the_signal_of_a_cell_is_aborted(nb):
    host = "(globalThis as any)[Symbol.for('vitrail.host')]"
    nb.ok("let aborted = 'no';")
    msg_id = started(
        nb,
        f"const signal: AbortSignal = {host}.cellSignal();\n"
        "signal.addEventListener('abort', () => { aborted = String(signal.reason); });\n"
        "console.log('on'); await new Promise(() => {});",
    )
    nb.control("interrupt_request")
    assert nb.collect_rest(msg_id).reply["ename"] == "Interrupted"
    assert nb.ok("aborted").result == "'Interrupted: the cell was interrupted'"


def waiting_cells_are_aborted(nb):
    first = started(nb, "console.log('on'); while (true) {}")
    second = nb.client.execute("let never = 1;")
    third = nb.client.execute("'still runs'", stop_on_error=False)
    nb.control("interrupt_request")
    assert nb.collect_rest(first).reply["ename"] == "Interrupted"
    reply = nb.shell(second)["content"]
    # JupyterLab shows a number in the reply beside the cell, as if it had run.
    assert reply["ename"] == "Aborted" and "execution_count" not in reply, reply
    assert nb.shell(third)["content"]["ename"] == "Aborted"
    assert nb.ok("1").result == "1"


def input_is_interrupted(nb):
    msg_id = nb.client.execute("await input('name? ');", allow_stdin=True)
    assert nb.client.get_stdin_msg(timeout=30)["content"] == {"prompt": "name? ", "password": False}
    nb.control("interrupt_request")
    assert nb.collect_rest(msg_id).reply["ename"] == "Interrupted"


def told_of_a_native_call(nb, msg_id):
    """Waits until the cell says why it does not end, in one line."""
    notice = nb.until(lambda m: m["msg_type"] == "stream" and m["content"]["name"] == "stderr")
    assert notice["parent_header"]["msg_id"] == msg_id
    text = notice["content"]["text"]
    assert "native call" in text and "second interrupt" in text and text.endswith("\n") and text.count("\n") == 1, text


def a_native_call_ends_the_cell_when_it_returns(nb):
    """Reading from a named pipe returns when the test writes to it, and not before. V8 then ends the cell within two calls."""
    nb.ok("let early = 1; const set = (value: number) => { early = value; };")
    pid = nb.ok("process.pid").result
    with tempfile.TemporaryDirectory() as folder:
        fifo = os.path.join(folder, "fifo")
        os.mkfifo(fifo)
        for _ in range(2):
            code = f"import {{ readFileSync }} from 'node:fs';\nconsole.log('on'); readFileSync({fifo!r});\nset(1); set(2);"
            msg_id = started(nb, code)
            waiting = nb.client.execute("set(3);")
            assert nb.control("interrupt_request") == {"status": "ok"}
            told_of_a_native_call(nb, msg_id)
            with open(fifo, "w") as writer:
                writer.write("text")
            outcome = nb.collect_rest(msg_id)
            assert outcome.reply["ename"] == "Interrupted", outcome.reply
            assert outcome.stream("stderr") == "", outcome.stream("stderr")
            assert nb.shell(waiting)["content"]["ename"] == "Aborted"
            assert nb.ok("early").result == "1", "the cell went on after its native call"
            assert nb.ok("process.pid").result == pid, "the runner was replaced"
    # What the ladder left behind stops no later cell.
    assert nb.ok("await new Promise<number>((d) => setTimeout(() => d(7), 300))").result == "7"


def a_cell_of_another_shell_is_not_met_by_the_ladder(nb):
    """It is sent while the ladder goes on, and runs as soon as the native call has returned."""
    nb.ok("let beside = 0;")
    subshell = nb.control("create_subshell_request")["subshell_id"]
    with tempfile.TemporaryDirectory() as folder:
        fifo = os.path.join(folder, "fifo")
        os.mkfifo(fifo)
        msg_id = started(nb, f"import {{ readFileSync }} from 'node:fs';\nconsole.log('on'); readFileSync({fifo!r});")
        nb.control("interrupt_request")
        told_of_a_native_call(nb, msg_id)
        beside = nb.client.session.msg("execute_request", {"code": "for (let i = 0; i < 1e6; i++) beside++;\nbeside"})
        beside["header"]["subshell_id"] = subshell
        nb.client.shell_channel.send(beside)
        nb.until(lambda m: m["msg_type"] == "execute_input" and m["parent_header"]["msg_id"] == beside["header"]["msg_id"])
        # The language thread answers in order: with this, the cell has been compiled, and sent to the runner.
        nb.ask("complete_request", {"code": "besi", "cursor_pos": 4})
        with open(fifo, "w") as writer:
            writer.write("text")
        replies = {}
        while len(replies) < 2:
            reply = nb.client.get_shell_msg(timeout=60)
            replies[reply["parent_header"]["msg_id"]] = reply["content"]
        assert replies[msg_id]["ename"] == "Interrupted", replies[msg_id]
        assert replies[beside["header"]["msg_id"]]["status"] == "ok", replies
    nb.control("delete_subshell_request", {"subshell_id": subshell})
    assert nb.ok("beside").result == "1000000"


def a_long_sort_keeps_variables(nb):
    nb.ok("let before = 41; const set = (value: number) => { before = value; };")
    pid = nb.ok("process.pid").result
    code = "const large = new Float64Array(3e7).map(() => Math.random());\nconsole.log('on'); large.sort();\nset(41); set(0);"
    msg_id = started(nb, code)
    assert nb.control("interrupt_request") == {"status": "ok"}
    assert nb.collect_rest(msg_id).reply["ename"] == "Interrupted"
    assert nb.ok("before + 1").result == "42"
    assert nb.ok("process.pid").result == pid, "the runner was replaced"
    nb.ok("const large = null;")


def a_second_interrupt_replaces_a_runner_that_cannot_be_stopped(nb):
    nb.ok("let gone = 1;")
    native = "import { pbkdf2Sync } from 'node:crypto';\nconsole.log('on'); pbkdf2Sync('a', 'b', 2_000_000_000, 64, 'sha512');"
    msg_id = started(nb, native)
    assert nb.control("interrupt_request") == {"status": "ok"}
    told_of_a_native_call(nb, msg_id)
    assert nb.control("interrupt_request") == {"status": "ok"}
    outcome = nb.collect_rest(msg_id)
    assert outcome.reply["ename"] == "RunnerLost", outcome.reply
    assert "gone" in outcome.error and "lost" in outcome.error, outcome.error
    assert nb.ok("let gone = 2;\ngone").result == "2"


def a_cell_that_exits_loses_only_variables(nb):
    nb.ok("let dies = 1;")
    outcome = nb.run("console.log('last words'); process.exit(3);")
    assert outcome.reply["ename"] == "RunnerLost" and "code 3" in outcome.reply["evalue"], outcome.reply
    assert outcome.stream() == "last words\n"
    assert outcome.stream("stderr") == "", outcome.stream("stderr")
    assert nb.ok("typeof process").result == "'object'"


def a_runner_that_ends_between_cells_is_started_by_the_next(nb):
    nb.ok("let gone = 3; setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50);")
    time.sleep(0.5)
    assert nb.ok("let gone = 4;\ngone").result == "4"


checks = [check_of(name, code) for name, code in SCENARIOS.items()] + [
    interrupted_loops_do_not_run_on,
    late_output_finds_its_cell_after_terminations,
    what_an_interrupted_cell_cleans_up_is_shown,
    an_idle_kernel_takes_interrupts,
    the_signal_of_a_cell_is_aborted,
    waiting_cells_are_aborted,
    input_is_interrupted,
    a_native_call_ends_the_cell_when_it_returns,
    a_cell_of_another_shell_is_not_met_by_the_ladder,
    a_long_sort_keeps_variables,
    a_second_interrupt_replaces_a_runner_that_cannot_be_stopped,
    a_cell_that_exits_loses_only_variables,
    a_runner_that_ends_between_cells_is_started_by_the_next,
]
main(checks)
