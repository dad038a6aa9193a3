"""Start, restart, shutdown, and that no process stays behind."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
from jupyter_client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from harness import PATIENCE, Notebook, notebook


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(pids, within=10):
    end = time.monotonic() + within
    while time.monotonic() < end:
        if not any(map(alive, pids)):
            return True
        time.sleep(0.1)
    return False


def processes(nb):
    """The supervisor and the runner."""
    return [nb.manager.provisioner.pid, int(nb.ok("process.pid").result)]


def a_shutdown_is_answered_and_ends_all():
    with notebook() as nb:
        pids = processes(nb)
        assert len(set(pids)) == 2 and all(map(alive, pids))
        assert nb.control("shutdown_request", {"restart": False}) == {"status": "ok", "restart": False}
        assert gone(pids), pids


def a_shutdown_works_while_a_cell_loops():
    with notebook() as nb:
        pids = processes(nb)
        nb.client.execute("while (true) {}")
        time.sleep(0.5)
        assert nb.control("shutdown_request", {"restart": True}) == {"status": "ok", "restart": True}
        assert gone(pids), pids


def a_restart_forgets_names_and_types():
    with notebook() as nb:
        nb.ok("const remembered = 1;")
        old = processes(nb)
        nb.manager.restart_kernel()
        nb.client.wait_for_ready(timeout=PATIENCE)
        assert nb.run("remembered").reply["status"] == "error"
        assert nb.ok("1").reply["execution_count"] == 2
        assert gone(old)


def a_supervisor_that_is_killed_takes_its_runner_along():
    with notebook() as nb:
        supervisor, runner = processes(nb)
        nb.client.execute("while (true) {}")
        time.sleep(0.5)
        os.kill(supervisor, signal.SIGKILL)
        assert gone([runner]), runner


def a_terminated_supervisor_ends_cleanly():
    with notebook() as nb:
        pids = processes(nb)
        os.kill(pids[0], signal.SIGTERM)
        assert gone(pids), pids


def a_signal_to_the_group_harms_nothing():
    with notebook() as nb:
        pids = processes(nb)
        os.kill(pids[0], signal.SIGINT)
        os.kill(pids[1], signal.SIGINT)
        assert processes(nb) == pids


def a_kernel_ends_with_the_process_that_started_it():
    script = (
        "import os\n"
        "from harness import notebook\n"
        "with notebook() as nb:\n"
        "    print(nb.manager.provisioner.pid, nb.ok('process.pid').result, flush=True)\n"
        "    os._exit(0)\n"
    )
    folder = os.path.dirname(os.path.abspath(__file__))
    started = subprocess.run([sys.executable, "-c", script], cwd=folder, stdout=subprocess.PIPE, check=True)
    assert gone([int(pid) for pid in started.stdout.split()])


def an_empty_key_means_unsigned_messages():
    manager = KernelManager(kernel_name="vitrail")
    manager.session.key = b""
    manager.start_kernel()
    with open(manager.connection_file) as file:
        assert json.load(file)["key"] == ""
    client = BlockingKernelClient(connection_file=manager.connection_file)
    client.load_connection_file()
    client.session.key = b""
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        assert Notebook(manager, client).ok("1 + 1").result == "2"
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


def comms_carry_buffers_both_ways():
    with notebook(kernel="vitrail-echo") as nb:
        _, opened = nb.ask("comm_open", {"comm_id": "e", "target_name": "echo", "data": {"a": 1}})
        assert [m["content"]["data"] for m in opened if m["msg_type"] == "comm_msg"] == [{"opened": {"a": 1}}]
        big = bytes(range(256)) * 4096
        nb.client.execute("while (true) {}")
        _, answered = nb.ask("comm_msg", {"comm_id": "e", "data": {"b": 2}}, buffers=[big, b""])
        echo = next(m for m in answered if m["msg_type"] == "comm_msg")
        assert echo["content"] == {"comm_id": "e", "data": {"b": 2}}
        assert [bytes(b) for b in echo["buffers"]] == [big, b""]
        assert nb.ask("comm_info_request", {"target_name": "echo"})[0]["comms"] == {"e": {"target_name": "echo"}}
        nb.ask("comm_close", {"comm_id": "e", "data": {}})
        assert nb.ask("comm_info_request", {})[0]["comms"] == {}


def the_session_panel_is_served():
    with notebook() as nb:
        nb.ask("comm_open", {"comm_id": "p", "target_name": "vitrail.session.v1", "data": {}})
        nb.client.session.send(
            nb.client.shell_channel.socket, nb.client.session.msg("comm_msg", {"comm_id": "p", "data": {"op": "status"}})
        )
        told = nb.until(lambda m: m["msg_type"] == "comm_msg")
        assert told["content"]["data"] == {"op": "status", "sessions": []}, told


for name, check in list(globals().items()):
    if callable(check) and getattr(check, "__module__", "") == "__main__" and name not in ("alive", "gone", "processes"):
        check()
        print(f"ok {name}", flush=True)
