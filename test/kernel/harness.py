"""A kernel under test, driven by jupyter_client, and what it answers."""

import json
import queue
import time
import traceback
from contextlib import contextmanager

import zmq
from jupyter_client.manager import KernelManager

PATIENCE = 60


class Outcome:
    """One execute request: its reply, and its iopub messages from busy to idle."""

    def __init__(self, reply, messages):
        self.reply = reply["content"]
        self.messages = messages

    def of(self, kind):
        return [m["content"] for m in self.messages if m["msg_type"] == kind]

    def stream(self, name="stdout"):
        return "".join(c["text"] for c in self.of("stream") if c["name"] == name)

    @property
    def result(self):
        results = self.of("execute_result")
        assert len(results) <= 1, results
        return results[0]["data"]["text/plain"] if results else None

    @property
    def error(self):
        return "\n".join(self.reply.get("traceback", []))


class Notebook:
    def __init__(self, manager, client):
        self.manager = manager
        self.client = client
        self.others = []

    def published(self, msg_id, timeout=PATIENCE):
        """iopub messages of a request up to its idle."""
        found = []
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != msg_id:
                self.others.append(message)
                continue
            found.append(message)
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return found

    def shell(self, msg_id, timeout=PATIENCE):
        while True:
            reply = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == msg_id:
                return reply

    def control(self, kind, content=None, timeout=PATIENCE):
        message = self.client.session.msg(kind, content or {})
        self.client.control_channel.send(message)
        while True:
            reply = self.client.get_control_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return reply["content"]

    def collect(self, msg_id):
        reply = self.shell(msg_id)
        messages = self.published(msg_id)
        assert messages[0]["content"] == {"execution_state": "busy"}, messages[0]
        return Outcome(reply, messages)

    def collect_rest(self, msg_id):
        """As `collect`, for a request whose first iopub messages have been looked at already."""
        return Outcome(self.shell(msg_id), self.published(msg_id))

    def run(self, code, **options):
        return self.collect(self.client.execute(code, **options))

    def ok(self, code, **options):
        outcome = self.run(code, **options)
        assert outcome.reply["status"] == "ok", outcome.reply
        return outcome

    def ask(self, kind, content, buffers=None, header=None):
        """A shell request that is not execute: the reply's content and its iopub messages."""
        message = self.client.session.msg(kind, content)
        message["header"].update(header or {})
        msg_id = message["header"]["msg_id"]
        self.client.session.send(self.client.shell_channel.socket, message, buffers=buffers)
        reply = self.shell(msg_id)["content"] if kind.endswith("_request") else None
        return reply, self.published(msg_id)

    def until(self, what, timeout=PATIENCE):
        """The first iopub message from now on for which `what` holds."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except queue.Empty:
                continue
            if what(message):
                return message
        raise AssertionError(f"no such message within {timeout} s")


@contextmanager
def notebook(cwd=None, kernel="vitrail"):
    manager = KernelManager(kernel_name=kernel)
    manager.start_kernel(cwd=cwd) if cwd else manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        yield Notebook(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=not manager.is_alive())
        manager.cleanup_resources()


def subscribed(nb, topic):
    """A plain subscriber to a topic, that has been welcomed: from here on it misses nothing."""
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RCVTIMEO, 30_000)
    socket.subscribe(topic)
    socket.connect(f"tcp://{nb.manager.ip}:{nb.manager.iopub_port}")
    first, delimiter, _, header, *_ = socket.recv_multipart()
    assert (first, delimiter) == (topic, b"<IDS|MSG>"), (first, delimiter)
    assert json.loads(header)["msg_type"] == "iopub_welcome"
    return socket


def main(checks, **options):
    """Runs each check on one kernel; prints which passed and fails at the end when one did not."""
    failed = 0
    with notebook(**options) as nb:
        for check in checks:
            try:
                check(nb)
                print(f"ok {check.__name__}", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED {check.__name__}\n{traceback.format_exc()}", flush=True)
    raise SystemExit(1 if failed else 0)
