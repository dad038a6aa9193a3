"""A worker dies while a notebook holds its session."""

import os
import signal

from opened import Panel, alive, main, opening, pids, remains, value

LOGITS = '[...(await session.forward("The nurse said that he")).logits!.data.slice(0, 50)]'


def a_session_is_opened(nb):
    nb.ok(opening("wounded"))
    nb.ok("const rows = Array.from({ length: 64 }, (_, r) => Array.from({ length: 400 }, (_, i) => (7 * i + r) % 900));")
    nb.panel = Panel(nb)
    nb.before = value(nb, LOGITS)
    nb.made = pids(nb)


def check_of(rank):
    def check(nb):
        old = pids(nb)
        msg_id = nb.client.execute("for (;;) await session.forward(rows);")
        nb.panel.wait_until_busy("wounded")
        os.kill(old[1 + rank], signal.SIGKILL)
        outcome = nb.collect_rest(msg_id)
        assert outcome.reply["status"] == "error", outcome.reply
        message = outcome.reply["evalue"]
        assert "\n" not in message and f"rank {rank}" in message and "SIGKILL" in message, message
        print(f"   {message}")

        # The same call, the same session: its workers are started anew.
        assert value(nb, LOGITS) == nb.before
        new = pids(nb)
        nb.made += new
        assert new[0] == old[0] and not set(new[1:]) & set(old[1:]), (old, new)
        assert not any(map(alive, old[1:]))
        [shown] = nb.panel.sessions()
        assert [each["state"] for each in shown["ranks"]] == ["ready", "ready"], shown

    check.__name__ = f"rank_{rank}_is_killed_during_a_forward_pass"
    return check


def a_worker_killed_at_rest_is_replaced_as_well(nb):
    old = pids(nb)
    os.kill(old[2], signal.SIGKILL)
    assert value(nb, LOGITS) == nb.before
    nb.made += pids(nb)


def closing_leaves_nothing(nb):
    nb.ok("await session.close();")
    assert remains(sorted(set(nb.made))) == []


main(
    [
        a_session_is_opened,
        check_of(0),
        check_of(1),
        a_worker_killed_at_rest_is_replaced_as_well,
        closing_leaves_nothing,
    ]
)
