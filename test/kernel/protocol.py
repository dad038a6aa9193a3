"""Everything that is not the running of cells: requests, order, comms, stdin, subshells."""

import json

from jupyter_client import BlockingKernelClient
from jupyter_client.session import Session

from harness import main, subscribed

SMILE = "\U0001f600"


def kernel_info(nb):
    info, messages = nb.ask("kernel_info_request", {})
    assert info["status"] == "ok" and info["protocol_version"] == "5.5"
    assert info["language_info"]["name"] == "typescript" and info["language_info"]["version"].startswith("6.")
    assert [m["content"].get("execution_state") for m in messages] == ["busy", "idle"]


def connect(nb):
    reply, _ = nb.ask("connect_request", {})
    assert reply["shell_port"] == nb.manager.shell_port and reply["hb_port"] == nb.manager.hb_port


def heartbeat(nb):
    assert nb.client.hb_channel.is_beating()


def what_is_published_begins_with_its_topic(nb):
    everything, streams = subscribed(nb, b""), subscribed(nb, b"stream.stderr")
    try:
        msg_id = nb.ok("console.log('out'); console.error('err'); 5").messages[0]["parent_header"]["msg_id"]
        topics = []
        while not topics or topics[-1] != (b"kernel.status", "idle"):
            topic, delimiter, _, _, parent, _, content, *_ = everything.recv_multipart()
            assert delimiter == b"<IDS|MSG>", delimiter
            if json.loads(parent).get("msg_id") == msg_id:
                topics.append((topic, json.loads(content).get("execution_state")))
        assert [topic for topic, _ in topics] == [
            *[b"kernel.status", b"kernel.execute_input"],
            *[b"stream.stdout", b"stream.stderr", b"kernel.execute_result", b"kernel.status"],
        ], topics
        topic, _, _, header, *_ = streams.recv_multipart()
        assert (topic, json.loads(header)["msg_type"]) == (b"stream.stderr", "stream")
        assert streams.poll(0) == 0, "more than what was subscribed to"
    finally:
        everything.close()
        streams.close()


def counting_and_history_options(nb):
    first = nb.ok("1").reply["execution_count"]
    quiet = nb.run("'unheard'", silent=True)
    assert quiet.reply["status"] == "ok" and quiet.reply["execution_count"] == first
    assert not quiet.of("execute_input") and not quiet.of("execute_result")
    unstored = nb.run("'seen'", store_history=False)
    assert unstored.reply["execution_count"] == first and unstored.result == "'seen'"
    assert nb.ok("2").reply["execution_count"] == first + 1


def user_expressions(nb):
    nb.ok("const ue = 20;")
    reply = nb.run("ue", user_expressions={"good": "ue + 1", "bad": "(() => { throw new Error('no'); })()"}).reply
    assert reply["user_expressions"]["good"]["data"] == {"text/plain": "21"}
    assert reply["user_expressions"]["bad"]["status"] == "error"
    assert reply["user_expressions"]["bad"]["evalue"] == "no"


def errors_stop_what_waits(nb):
    ids = [nb.client.execute(code) for code in ("throw new Error('first')", "'second'", "'third'")]
    replies = [nb.shell(i)["content"] for i in ids]
    assert [r["ename"] for r in replies] == ["Error", "Aborted", "Aborted"], replies
    for msg_id in ids:
        states = [m["content"]["execution_state"] for m in nb.published(msg_id) if m["msg_type"] == "status"]
        assert states == ["busy", "idle"], states
    assert nb.ok("'later'").result == "'later'"


def errors_do_not_stop_when_told_so(nb):
    ids = [nb.client.execute("throw new Error('x')", stop_on_error=False), nb.client.execute("'goes on'")]
    assert [nb.shell(i)["content"]["status"] for i in ids] == ["error", "ok"]
    for msg_id in ids:
        nb.published(msg_id)


def history(nb):
    nb.ok("'history one'")
    count = nb.ok("'history two'").reply["execution_count"]
    tail, _ = nb.ask("history_request", {"hist_access_type": "tail", "n": 2, "output": True, "raw": True})
    assert [row[1:] for row in tail["history"]] == [
        [count - 1, ["'history one'", "'history one'"]],
        [count, ["'history two'", "'history two'"]],
    ], tail
    ranged, _ = nb.ask(
        "history_request",
        {"hist_access_type": "range", "session": 0, "start": count, "stop": count + 1, "output": False, "raw": True},
    )
    assert ranged["history"] == [[0, count, "'history two'"]], ranged
    found, _ = nb.ask(
        "history_request",
        {"hist_access_type": "search", "pattern": "?history*", "n": 1, "output": False, "raw": True, "unique": True},
    )
    assert [row[2] for row in found["history"]] == ["'history two'"], found


def is_complete(nb):
    for code, status in [
        ("const a = 1", "complete"),
        ("function f() {", "incomplete"),
        ("const x = ", "incomplete"),
        ("`abc", "incomplete"),
        ("const a: = 3", "invalid"),
        ("foo(]", "invalid"),
        ("", "complete"),
    ]:
        reply, _ = nb.ask("is_complete_request", {"code": code})
        assert reply["status"] == status, (code, reply)


def completion(nb):
    nb.ok("const user = { firstName: 'a', lastName: 'b' };")
    code = f"'{SMILE}';user.first"
    reply, _ = nb.ask("complete_request", {"code": code, "cursor_pos": len(code)})
    assert "firstName" in reply["matches"], reply
    assert (reply["cursor_start"], reply["cursor_end"]) == (len(code) - len("first"), len(code)), reply
    assert reply["metadata"]["_jupyter_types_experimental"][0]["type"]
    wrong, _ = nb.ask("complete_request", {"code": "a", "cursor_pos": 9})
    assert wrong["status"] == "error" and "9" in wrong["evalue"]


def inspection(nb):
    nb.ok("/** How far. */\nconst distance = 3;")
    code = f"'{SMILE}'; distance"
    reply, _ = nb.ask("inspect_request", {"code": code, "cursor_pos": len(code) - 1, "detail_level": 0})
    assert reply["found"] and "distance: " in reply["data"]["text/plain"], reply
    assert "How far." in reply["data"]["text/plain"]
    for code in [" ", "undeclaredName"]:
        reply, _ = nb.ask("inspect_request", {"code": code, "cursor_pos": 0, "detail_level": 0})
        assert reply["status"] == "ok" and not reply["found"], reply


def answers_while_a_cell_runs(nb):
    cell = nb.client.execute("console.log('on'); while (true) {}")
    nb.until(lambda m: m["msg_type"] == "stream")
    code = "process.stdo"
    reply, messages = nb.ask("complete_request", {"code": code, "cursor_pos": len(code)})
    assert "stdout" in reply["matches"]
    assert nb.ask("kernel_info_request", {})[0]["status"] == "ok"
    assert nb.ask("comm_info_request", {})[0]["status"] == "ok"
    # Who watches the last status only must still see a busy kernel.
    again = nb.until(lambda m: m["msg_type"] == "status" and m["parent_header"]["msg_id"] == cell)
    assert again["content"]["execution_state"] == "busy"
    nb.control("interrupt_request")
    nb.collect_rest(cell)


def comms_of_an_unknown_target_are_closed(nb):
    _, messages = nb.ask("comm_open", {"comm_id": "c1", "target_name": "nobody", "data": {}})
    closed = [m["content"] for m in messages if m["msg_type"] == "comm_close"]
    assert [c["comm_id"] for c in closed] == ["c1"]
    assert nb.ask("comm_info_request", {"target_name": "nobody"})[0]["comms"] == {}


def stdin(nb):
    msg_id = nb.client.execute("const name = await input('Name? ');\nname.length", allow_stdin=True)
    asked = nb.client.get_stdin_msg(timeout=30)
    assert asked["content"] == {"prompt": "Name? ", "password": False}
    assert asked["parent_header"]["msg_id"] == msg_id
    nb.client.input(f"{SMILE}ab")
    assert nb.collect_rest(msg_id).result == "4"
    refused = nb.run("await input('?')", allow_stdin=False)
    assert refused.reply["status"] == "error" and "input" in refused.reply["evalue"]


def subshells(nb):
    created = nb.control("create_subshell_request")["subshell_id"]
    assert nb.control("list_subshell_request")["subshell_id"] == [created]
    main_cell = nb.client.execute("console.log('on'); await new Promise((d) => setTimeout(d, 1500)); 'main'")
    nb.until(lambda m: m["msg_type"] == "stream")
    message = nb.client.session.msg("execute_request", {"code": "'sub'", "silent": False})
    message["header"]["subshell_id"] = created
    nb.client.shell_channel.send(message)
    first = nb.client.get_shell_msg(timeout=30)
    assert first["parent_header"]["msg_id"] == message["header"]["msg_id"], "the subshell waited for the main shell"
    assert first["content"]["status"] == "ok"
    nb.collect_rest(main_cell)
    assert nb.control("delete_subshell_request", {"subshell_id": created})["status"] == "ok"
    assert nb.control("delete_subshell_request", {"subshell_id": created})["status"] == "error"
    reply, _ = nb.ask("kernel_info_request", {}, header={"subshell_id": None})
    assert reply["status"] == "ok"


def malformed_requests_are_answered(nb):
    reply, _ = nb.ask("complete_request", {"code": 3})
    assert reply["status"] == "error" and "code" in reply["evalue"], reply


def wrongly_signed_messages_are_dropped(nb):
    message = nb.client.session.msg("kernel_info_request", {})
    Session(key=b"another key", session=nb.client.session.session).send(nb.client.shell_channel.socket, message)
    assert nb.ask("kernel_info_request", {})[0]["status"] == "ok"
    assert not [m for m in nb.others if m["parent_header"].get("msg_id") == message["header"]["msg_id"]]


def a_new_subscriber_is_welcomed(nb):
    other = BlockingKernelClient()
    other.load_connection_info(nb.manager.get_connection_info())
    other.start_channels(shell=False, stdin=False, hb=False, control=False)
    welcome = other.get_iopub_msg(timeout=30)
    assert welcome["msg_type"] == "iopub_welcome", welcome
    assert welcome["content"] == {"subscription": ""}
    other.stop_channels()


checks = [value for name, value in list(globals().items()) if callable(value) and getattr(value, "__module__", "") == "__main__"]
main(checks)
