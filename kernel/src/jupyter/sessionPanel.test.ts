import { expect, test } from "vitest";
import type { SessionStatus } from "../session/types.js";
import { SessionPanel } from "./sessionPanel.js";
import type { Comm, CommMessage } from "./supervisor/comms.js";

function status(name: string): SessionStatus {
  return {
    name,
    model: "m",
    fingerprint: "f",
    mesh: "pipeline 1",
    pid: 1,
    clients: 1,
    openedAt: "",
    state: "ready",
    ranks: [],
    weightBytes: 4,
    residentBytes: 8,
  };
}

function panel(live: string[], silent: string[] = []) {
  const sent: Record<string, unknown>[] = [];
  const served = new SessionPanel({
    status: async (name) => {
      if (silent.includes(name)) throw new Error(`broker of session "${name}" does not answer`);
      return live.includes(name) ? status(name) : undefined;
    },
    close: async (name) => void live.splice(live.indexOf(name), 1),
  });
  const comm: Comm = { id: "1", target: "t", send: (data) => void sent.push(data), close: () => {} };
  const { message, closed } = served.open(comm);
  const ask = async (data: CommMessage["data"]) => {
    message({ data, metadata: {}, buffers: [] });
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { served, sent, ask, closed };
}

test("only sessions of the notebook are told, and only after being asked", async () => {
  const { served, sent, ask } = panel(["mine", "another's"]);
  served.used("mine", true);
  expect(sent).toEqual([]);
  await ask({ op: "status" });
  expect(sent).toEqual([{ op: "status", sessions: [status("mine")] }]);
});

test("closing ends a session of the notebook, and of no other", async () => {
  const live = ["mine", "another's"];
  const { served, sent, ask } = panel(live);
  served.used("mine", true);
  await ask({ op: "close", name: "another's" });
  await ask({ op: "close", name: "mine" });
  expect(sent).toEqual([
    { op: "error", message: 'no session "another\'s" in this notebook: mine' },
    { op: "status", sessions: [] },
  ]);
  expect(live).toEqual(["another's"]);
});

test("a session that does not answer is shown as it last was, and heard again later; one that is gone is forgotten", async () => {
  const [live, silent]: [string[], string[]] = [["a", "b"], []];
  const { served, sent, ask } = panel(live, silent);
  for (const name of live) served.used(name, true);
  await ask({ op: "status" });
  silent.push("a");
  live.pop();
  await ask({ op: "status" });
  silent.pop();
  await ask({ op: "status" });
  expect(sent.map((reply) => reply["sessions"])).toEqual([
    [status("a"), status("b")],
    [{ ...status("a"), state: "silent" }],
    [status("a")],
  ]);
});

test("a watcher is told at once and then only what changes", async () => {
  const { served, sent, ask, closed } = panel(["a", "b"]);
  served.used("a", true);
  await ask({ op: "watch", on: true });
  expect(sent).toHaveLength(1);
  await new Promise((resolve) => setTimeout(resolve, 1300));
  expect(sent).toHaveLength(1);
  served.used("b", true);
  await new Promise((resolve) => setTimeout(resolve, 1300));
  expect(sent.at(-1)).toEqual({ op: "status", sessions: [status("a"), status("b")] });
  expect(sent).toHaveLength(2);
  closed();
});

test("a request that is none is answered with an error", async () => {
  const { sent, ask } = panel([]);
  await ask({ op: "explode" });
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({ op: "error" });
});
