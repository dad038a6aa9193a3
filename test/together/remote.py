"""A kernel on another machine, reached by ssh: Jupyter is here, cells and their sessions are there."""

import os
import signal
import sys
import time

import psutil
from opened import IMPORTS, PATIENCE, Panel, alive, value

from harness import main

HOME = os.path.realpath(sys.argv[1])
LOGITS = '[...(await session.forward("The nurse said that he")).logits!.data.slice(0, 50)]'
OPENING = f'{IMPORTS}const session = await Session.open(demoCheckpoint(), {{ name: "far", devices: 2, quiet: true }});'


def ended(pids, within=20):
    end = time.monotonic() + within
    while any(map(alive, pids)):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def here(nb):
    """What Jupyter started: the launcher, and its ssh."""
    launcher = psutil.Process(nb.manager.provisioner.pid)
    [ssh] = [child for child in launcher.children() if child.name() == "ssh"]
    return launcher.pid, ssh.pid


def there(nb):
    """The supervisor and the runner."""
    return value(nb, "[process.ppid, process.pid]")


def started_again(nb):
    nb.manager.restart_kernel(now=True)
    nb.client.wait_for_ready(timeout=PATIENCE)


def cells_run_there(nb):
    assert os.path.realpath(value(nb, "process.cwd()")) == HOME, value(nb, "process.cwd()")
    launcher, ssh = here(nb)
    assert not set(there(nb)) & {launcher, ssh}


def output_arrives_whole_and_in_order(nb):
    nb.ok('import { display } from "vitrail";')
    outcome = nb.ok('for (let i = 0; i < 20000; i++) console.log(`line ${i}`);\nconst last = 7;')
    assert outcome.stream() == "".join(f"line {i}\n" for i in range(20000))
    large = nb.ok('"x".repeat(3e6).length; console.log("y".repeat(3e6));').stream()
    assert large == "y" * 3_000_000 + "\n"


def the_kernel_tells_the_ports_that_are_here(nb):
    reply, _ = nb.ask("connect_request", {})
    assert reply["shell_port"] == nb.manager.shell_port and reply["hb_port"] == nb.manager.hb_port, reply


def names_are_completed(nb):
    reply, _ = nb.ask("complete_request", {"code": "last.toFi", "cursor_pos": 9})
    assert reply["matches"] == ["toFixed"], reply


def a_loop_is_interrupted_and_names_stay(nb):
    msg_id = nb.client.execute("while (true) {}")
    time.sleep(0.5)
    assert nb.control("interrupt_request") == {"status": "ok"}
    assert nb.collect_rest(msg_id).reply["ename"] == "Interrupted"
    assert value(nb, "last") == 7


def a_question_is_answered(nb):
    msg_id = nb.client.execute('const told = await input("name? ");', allow_stdin=True)
    asked = nb.client.get_stdin_msg(timeout=PATIENCE)
    assert asked["content"]["prompt"] == "name? ", asked
    nb.client.input("Ada")
    assert nb.collect_rest(msg_id).reply["status"] == "ok"
    assert value(nb, "told") == "Ada"


def the_panel_shows_the_sessions_that_are_there(nb):
    nb.ok(OPENING)
    [shown] = Panel(nb).sessions()
    assert shown["name"] == "far" and [rank["state"] for rank in shown["ranks"]] == ["ready", "ready"], shown
    nb.logits = value(nb, LOGITS)
    nb.session = value(nb, "(await session.status()).pid")


def when_the_line_breaks_the_kernel_ends_and_its_session_is_found_again(nb):
    launcher, ssh = here(nb)
    far = there(nb)
    os.kill(ssh, signal.SIGKILL)
    assert ended([launcher, *far]), (launcher, far)
    assert alive(nb.session) and not nb.manager.is_alive()
    started_again(nb)
    outcome = nb.ok(OPENING.replace(", quiet: true", ""))
    assert outcome.stream().startswith('session "far" found again'), outcome.stream()
    assert value(nb, LOGITS) == nb.logits


def a_restart_starts_anew_on_the_same_ports(nb):
    before = [*here(nb), *there(nb)]
    port = nb.manager.shell_port
    nb.manager.restart_kernel()
    nb.client.wait_for_ready(timeout=PATIENCE)
    assert ended(before) and nb.manager.shell_port == port
    assert nb.run("session").reply["status"] == "error"


def a_launcher_that_is_killed_takes_the_kernel_along(nb):
    far = there(nb)
    launcher, ssh = here(nb)
    nb.client.execute("while (true) {}")
    time.sleep(0.5)
    os.kill(launcher, signal.SIGKILL)
    assert ended([ssh, *far]), far
    started_again(nb)


def a_launcher_that_is_terminated_ends_cleanly(nb):
    all_of_it = [*here(nb), *there(nb)]
    os.kill(all_of_it[0], signal.SIGTERM)
    assert ended(all_of_it), all_of_it
    started_again(nb)


def closing_leaves_nothing(nb):
    nb.ok(OPENING)
    far = there(nb)
    nb.ok("await session.close();")
    assert ended([nb.session])
    assert nb.control("shutdown_request", {"restart": False}) == {"status": "ok", "restart": False}
    assert ended(far), far


main(
    [
        cells_run_there,
        output_arrives_whole_and_in_order,
        the_kernel_tells_the_ports_that_are_here,
        names_are_completed,
        a_loop_is_interrupted_and_names_stay,
        a_question_is_answered,
        the_panel_shows_the_sessions_that_are_there,
        when_the_line_breaks_the_kernel_ends_and_its_session_is_found_again,
        a_restart_starts_anew_on_the_same_ports,
        a_launcher_that_is_killed_takes_the_kernel_along,
        a_launcher_that_is_terminated_ends_cleanly,
        closing_leaves_nothing,
    ],
    kernel="vitrail-on-far",
)
