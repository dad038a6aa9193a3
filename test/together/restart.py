"""A session outlives the kernel that opened it."""

from pathlib import Path

from opened import IMPORTS, PATIENCE, Panel, alive, main, opening, pids, remains, value

WEIGHTS = 3_800_000
SENTENCE = '"The nurse said that he"'
LOGITS = f"[...(await session.forward({SENTENCE})).logits!.data.slice(0, 50)]"
kept = {}


def bytes_read(pid):
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("rchar")).split()[1])


def a_session_is_opened(nb):
    nb.ok(opening("lasting"))
    kept["logits"] = value(nb, LOGITS)
    kept["status"] = value(nb, "await session.status()")
    kept["pids"] = pids(nb)
    kept["read"] = [bytes_read(pid) for pid in kept["pids"][1:]]
    assert sum(kept["read"]) > WEIGHTS, "loading the weights is to be seen in what the workers have read"


def the_kernel_restarts_and_the_session_lives(nb):
    runner = value(nb, "process.pid")
    nb.manager.restart_kernel(now=True)
    nb.client.wait_for_ready(timeout=PATIENCE)
    assert not alive(runner)
    assert nb.run("session").reply["status"] == "error"
    assert all(map(alive, kept["pids"]))
    nb.ok(IMPORTS)
    [found] = value(nb, "await Session.list()")
    assert (found["name"], found["model"].split("/")[-1], found["pid"]) == ("lasting", "demo", kept["pids"][0]), found
    assert found["clients"] == 0 and found["openedAt"] == kept["status"]["openedAt"], found


def it_is_found_again_as_it_was(nb):
    outcome = nb.ok(opening("lasting"))
    assert outcome.stream().startswith('session "lasting" found again: '), outcome.stream()
    assert pids(nb) == kept["pids"]
    assert value(nb, LOGITS) == kept["logits"]
    read = [bytes_read(pid) - before for pid, before in zip(kept["pids"][1:], kept["read"])]
    assert sum(read) < WEIGHTS / 10, f"workers read {read} bytes"
    [shown] = [s for s in Panel(nb).sessions() if s["name"] == "lasting"]
    assert [rank["pid"] for rank in shown["ranks"]] == kept["pids"][1:] and shown["clients"] == 1, shown


def another_order_under_this_name_is_refused(nb):
    outcome = nb.run('await Session.open(demoCheckpoint(), { name: "lasting", devices: 1 });')
    assert outcome.reply["status"] == "error" and "\n" not in outcome.reply["evalue"], outcome.reply
    assert "lasting" in outcome.reply["evalue"], outcome.reply
    assert pids(nb) == kept["pids"]


def close_ends_it(nb):
    nb.ok("await session.close();")
    assert value(nb, "await Session.list()") == []
    assert remains(kept["pids"]) == []


main(
    [
        a_session_is_opened,
        the_kernel_restarts_and_the_session_lives,
        it_is_found_again_as_it_was,
        another_order_under_this_name_is_refused,
        close_ends_it,
    ]
)
