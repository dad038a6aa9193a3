"""Run inside a stock Python kernel that is installed under the name `vitrail`: answers the session panel as ours does.

The session's mesh says how the comm was opened: through a subshell or through the main shell.
"""

import os

_sessions = {"opt": {"state": "ready"}, "gpt2": {"state": "busy"}}


def _status(shell):
    ranks = [
        {
            "rank": rank,
            "device": "cpu",
            "stage": rank,
            "dataRank": 0,
            "tensorRank": 0,
            "layers": {"from": 6 * rank, "to": 6 * rank + 6},
            "pid": 4000 + rank,
            "state": ["ready", "lost"][rank],
            "memory": 300 * 2**20,
        }
        for rank in range(2)
    ]
    return {
        "op": "status",
        "sessions": [
            {
                "name": name,
                "model": "facebook/opt-125m",
                "fingerprint": "f",
                "mesh": shell,
                "pid": os.getpid(),
                "clients": 1,
                "openedAt": "2026-11-01T00:00:00Z",
                "state": known["state"],
                "ranks": ranks,
                "weightBytes": 250 * 2**20,
                "residentBytes": 600 * 2**20,
            }
            for name, known in _sessions.items()
        ],
    }


def _opened(comm, message):
    shell = "subshell" if message["header"].get("subshell_id") else "main shell"

    def received(message):
        request = message["content"]["data"]
        if request["op"] == "close":
            del _sessions[request["name"]]
        if request["op"] == "close" or request["on"]:
            comm.send(_status(f"{shell} of {os.getpid()}"))

    comm.on_msg(received)


get_ipython().kernel.comm_manager.register_target("vitrail.session.v1", _opened)  # noqa: F821
