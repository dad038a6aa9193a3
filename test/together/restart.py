"""A session outlives the kernel that opened it."""

from pathlib import Path

from opened import IMPORTS, PATIENCE, Panel, alive, main, opening, pids, remains, value
from page_cache import held_pages, put_out

SENTENCE = '"The nurse said that he"'
LOGITS = f"[...(await session.forward({SENTENCE})).logits!.data.slice(0, 50)]"
kept = {}


def a_session_is_opened(nb):
    nb.ok(IMPORTS)
    weights = kept["weights"] = Path(value(nb, "demoCheckpoint()")) / "model.safetensors"
    put_out(weights)
    held, pages = held_pages(weights)
    assert held < pages / 10, f"{held} of {pages} pages of the weights are held before anybody reads them"
    nb.ok(opening("lasting"))
    held, _ = held_pages(weights)
    assert held > pages * 0.9, f"loading the weights is to be seen: {held} of {pages} pages are held"
    kept["logits"] = value(nb, LOGITS)
    kept["status"] = value(nb, "await session.status()")
    kept["pids"] = pids(nb)


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
    put_out(kept["weights"])
    before, pages = held_pages(kept["weights"])
    assert before < pages / 4, f"{before} of {pages} pages of the weights are still held"
    outcome = nb.ok(opening("lasting"))
    assert outcome.stream().startswith('session "lasting" found again: '), outcome.stream()
    assert pids(nb) == kept["pids"]
    assert value(nb, LOGITS) == kept["logits"]
    held, _ = held_pages(kept["weights"])
    assert held - before < pages / 10, f"{held - before} of {pages} pages of the weights were read again"
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
