"""Interrupts while the model runs: the cell ends, its variables and the session stay."""

import json
import os
import sys

from opened import Panel, main, opening, pids, remains, value

# A folder of a wider model, of which one forward pass takes seconds; without it the demo gets a large batch.
WIDE = sys.argv[1] if len(sys.argv) > 1 and os.path.exists(sys.argv[1]) else None


def interrupted(nb, msg_id):
    assert nb.control("interrupt_request") == {"status": "ok"}
    outcome = nb.collect_rest(msg_id)
    assert outcome.reply["ename"] == "Interrupted", outcome.reply


def works(nb, session="session"):
    assert value(nb, f"(await {session}.forward([2, 5, 6, 7])).logits!.shape.slice(0, 2)") == [1, 4]


def the_sessions_open(nb):
    nb.ok(opening("long"))
    folder = "demoCheckpoint()" if WIDE is None else json.dumps(WIDE)
    nb.ok(f'const wide = await Session.open({folder}, {{ name: "wide", devices: 2, quiet: true }});')
    nb.ok("let kept = 41;")
    nb.panel = Panel(nb)


def a_loop_of_forwards_ends(nb):
    works(nb)
    before = pids(nb)
    runner = value(nb, "process.pid")
    nb.ok("const rows = Array.from({ length: 8 }, (_, r) => Array.from({ length: 400 }, (_, i) => (7 * i + r) % 900));")
    nb.ok("let passes = 0;")
    for _ in range(3):
        msg_id = nb.client.execute("for (;;) { await session.forward(rows); passes++; }")
        nb.panel.wait_until_busy("long")
        interrupted(nb, msg_id)
        works(nb)
    assert value(nb, "kept + 1") == 42
    assert value(nb, "process.pid") == runner, "the runner was replaced"
    assert pids(nb) == before, "workers were started anew"
    done = value(nb, "passes")
    nb.ok("await new Promise((d) => setTimeout(d, 500));")
    assert value(nb, "passes") == done, "the loop ran on"


def one_long_forward_ends(nb):
    [broker, *_] = pids(nb, "wide")
    size, row = ([8, 256], "(7 * i + r) % 50000") if WIDE else ([96, 512], "(7 * i + r) % 900")
    nb.ok(
        f"const long = Array.from({{ length: {size[0]} }}, (_, r) => Array.from({{ length: {size[1]} }}, (_, i) => {row}));"
    )
    call = 'wide.forward(long, { logits: "none", hooks: [capture("layers.*.mlp.output[position=-1]")] })'
    # More often than workers that die by themselves are started again.
    for _ in range(5):
        msg_id = nb.client.execute(f"kept = 42; await {call}; kept = 0;")
        nb.panel.wait_until_busy("wide")
        interrupted(nb, msg_id)
        works(nb, "wide")
        assert value(nb, "kept") == 42
    # Workers that are deep in a layer when their patience ends are started anew; the session is the same all the same.
    assert pids(nb, "wide")[0] == broker


def forwards_that_nobody_waits_for_leave_nothing(nb):
    """A cell that is terminated drops all promises of its isolate; what was asked for before must still be taken or given up."""
    msg_id = nb.client.execute(
        "void Promise.allSettled(Array.from({ length: 6 }, () => session.forward(rows, { hooks: [capture('*')] })));\n"
        "await new Promise((d) => setTimeout(d, 30));\n"
        "for (;;) {}"
    )
    nb.panel.wait_until_busy("long")
    interrupted(nb, msg_id)
    works(nb)
    nb.ok("await new Promise((d) => setTimeout(d, 1000));")
    works(nb)
    [broker, *_] = pids(nb)
    folders = [f"/dev/shm/{name}" for name in os.listdir("/dev/shm") if name.startswith(f"vitrail-{broker}-")]
    assert folders, "no shared memory of the session's"
    assert [name for folder in folders for name in os.listdir(folder) if name.endswith(".parcel")] == []


def a_forward_given_up_can_be_caught(nb):
    """The signal of the user's own, beside the cell's."""
    nb.ok(
        "const controller = new AbortController();\n"
        "const given = session.forward(Array.from({ length: 8 }, () => rows).flat(), { signal: controller.signal });\n"
        "setTimeout(() => controller.abort(), 10);\n"
        "const name = await given.then(() => 'finished', (error: Error) => error.name);"
    )
    assert value(nb, "name") == "CancelledError"
    works(nb)


def closing_leaves_nothing(nb):
    made = pids(nb) + pids(nb, "wide")
    nb.ok("await session.close(); await wide.close();")
    assert remains(made) == []


main(
    [
        the_sessions_open,
        a_loop_of_forwards_ends,
        one_long_forward_ends,
        forwards_that_nobody_waits_for_leave_nothing,
        a_forward_given_up_can_be_caught,
        closing_leaves_nothing,
    ]
)
