"""What the checks of this folder share: the demo opened in a notebook, and the panel's view of it."""

import json
import os
import sys
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "kernel"))

import harness  # noqa: E402
from harness import PATIENCE  # noqa: E402, F401

FOLDER = os.environ["FOLDER"]
RUNTIME = Path(os.environ["VITRAIL_RUNTIME_DIR"])
IMPORTS = 'import { Session, attention, capture, demoCheckpoint } from "vitrail";\n'


def main(checks):
    harness.main(checks, cwd=FOLDER)


def opening(name, devices=2):
    return (
        f"{IMPORTS}const session = await Session.open(demoCheckpoint(), "
        f"{{ name: {json.dumps(name)}, devices: {devices} }});"
    )


def value(nb, expression):
    """A value of the notebook, as JSON carries it."""
    printed = nb.ok(f"console.log(JSON.stringify({expression}));").stream()
    return json.loads(printed)


def pids(nb, session="session"):
    """The broker's process and those of the ranks."""
    found = value(nb, f"await {session}.status()")
    return [found["pid"], *(rank["pid"] for rank in found["ranks"])]


class Panel:
    """The comm that the panel in JupyterLab speaks over; it is answered while cells run."""

    def __init__(self, nb):
        self.nb = nb
        self.send("comm_open", {"comm_id": "panel", "target_name": "vitrail.session.v1", "data": {}})

    def send(self, kind, content):
        session = self.nb.client.session
        session.send(self.nb.client.shell_channel.socket, session.msg(kind, content))

    def sessions(self):
        self.send("comm_msg", {"comm_id": "panel", "data": {"op": "status"}})
        told = self.nb.until(lambda m: m["msg_type"] == "comm_msg")["content"]["data"]
        assert told["op"] == "status", told
        return told["sessions"]

    def wait_until_busy(self, name):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = next((s for s in self.sessions() if s["name"] == name), None)
            if found is not None and found["state"] == "busy" and any(r["state"] == "busy" for r in found["ranks"]):
                return found
            time.sleep(0.05)
        raise AssertionError(f"session {name} was never busy")


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def remains(makers, within=15):
    """Processes, shared memory and runtime files that are still there after this many seconds; nothing is well."""
    end = time.monotonic() + within
    while True:
        shared = [p.name for p in Path("/dev/shm").glob("vitrail-*") if int(p.name.split("-")[1]) in makers]
        found = [pid for pid in makers if alive(pid)] + shared + sorted(p.name for p in RUNTIME.iterdir())
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.1)
