"""What the editor offers while writing cells about a session, and what is refused before it runs."""

from opened import main, opening, pids, remains, value


def matches(nb, code):
    reply, _ = nb.ask("complete_request", {"code": code, "cursor_pos": len(code)})
    assert reply["status"] == "ok", reply
    return {code[: reply["cursor_start"]] + match for match in reply["matches"]}, reply["matches"]


def a_session_is_opened(nb):
    nb.ok(opening("typed"))
    nb.pids = pids(nb)


def hook_points_are_completed(nb):
    for before in ("", "const hooks = [", 'await session.forward("x", { hooks: ['):
        start = f'{before}capture("layers.0.attention.'
        whole, names = matches(nb, start)
        assert start + "pattern" in whole and start + "output" in whole, names
        assert all("attention" in match for match in whole), names


def members_of_a_session_are_completed(nb):
    _, names = matches(nb, "session.")
    assert {"forward", "status", "close", "hookPoints", "estimate"} <= set(names), names
    _, names = matches(nb, "const r = await session.forw")
    assert names == ["forward"], names


def session_is_explained(nb):
    code = "Session.open"
    for cursor, words in ((3, "A live model"), (len(code), "Opens a checkpoint")):
        reply, _ = nb.ask("inspect_request", {"code": code, "cursor_pos": cursor, "detail_level": 0})
        assert reply["found"] and words in reply["data"]["text/plain"], reply


def a_misspelt_member_is_refused_before_the_cell_runs(nb):
    nb.ok("let ran = 0;")
    outcome = nb.run('ran = 1;\nawait session.forwrd("x");')
    assert outcome.reply["ename"] == "TypeScript", outcome.reply
    assert "2:15" in outcome.error and "forwrd" in outcome.error and "forward" in outcome.error, outcome.error
    assert value(nb, "ran") == 0


def a_wrong_option_is_refused_before_the_cell_runs(nb):
    outcome = nb.run('ran = 1; await session.forward("x", { logits: "some" });')
    assert outcome.reply["ename"] == "TypeScript" and "1:" in outcome.error, outcome.reply
    assert value(nb, "ran") == 0


def a_misspelt_hook_point_is_told_the_nearest(nb):
    outcome = nb.run('await session.forward("x", { hooks: [capture("layers.0.attention.patern")] });')
    assert outcome.reply["status"] == "error", outcome.reply
    assert "layers.0.attention.pattern" in outcome.error, outcome.error
    assert "\n" not in outcome.reply["evalue"], outcome.reply


def closing_leaves_nothing(nb):
    nb.ok("await session.close();")
    assert remains(nb.pids) == []


main(
    [
        a_session_is_opened,
        hook_points_are_completed,
        members_of_a_session_are_completed,
        session_is_explained,
        a_misspelt_member_is_refused_before_the_cell_runs,
        a_wrong_option_is_refused_before_the_cell_runs,
        a_misspelt_hook_point_is_told_the_nearest,
        closing_leaves_nothing,
    ]
)
