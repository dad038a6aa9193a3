import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { isAlive } from "../engine/launch/leftovers.js";
import { Session } from "./session.js";
import { busy, opt, ownRuntime, quiet, rows, shared } from "./sessions.fixture.js";

ownRuntime();

test("a session may be closed again, at once, afterwards and by whoever shares it", async () => {
  const session = await Session.open(opt, { ...quiet, name: "twice" });
  const other = await Session.open(opt, { ...quiet, name: "twice" });
  const { pid } = await session.status();
  await Promise.all([session.close(), session.close(), other.close()]);
  expect(isAlive(pid)).toBe(false);
  await session.close();
  await other.close();
  await expect(session.forward(rows)).rejects.toThrow('"twice"');
});

test("a pass that somebody else's close overtakes says that the session has ended, though its result was ready", async () => {
  const session = await Session.open(opt, { ...quiet, name: "overtaken" });
  const { pid, ranks } = await session.status();
  process.kill(ranks[0]!.pid!, "SIGSTOP");
  const running = Promise.allSettled([session.forward(rows)]);
  await busy(session);
  process.kill(ranks[0]!.pid!, "SIGCONT");
  // This process hears of the result only when the session is gone, as one does that computes meanwhile.
  const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
  execFileSync(process.execPath, [cli, "sessions", "close", "overtaken"]);
  const ended = `session "overtaken" has ended (its broker, pid ${pid}, is gone)`;
  expect(await running).toMatchObject([{ status: "rejected", reason: { message: ended } }]);
});

test("what is opened while another closes the name is a session of its own, and stays", async () => {
  const session = await Session.open(opt, { ...quiet, name: "again" });
  const { pid, ranks } = await session.status();
  // A worker that is held ends only when it is killed, two seconds after it was asked to.
  process.kill(ranks[0]!.pid!, "SIGSTOP");
  const closing = session.close();
  await sleep(200);
  expect(isAlive(pid)).toBe(true);
  const next = await Session.open(opt, { ...quiet, name: "again" });
  await closing;
  expect(isAlive(pid)).toBe(false);
  expect((await next.status()).pid).not.toBe(pid);
  expect((await next.forward(rows)).logits!.shape[0]).toBe(2);
  expect(await Session.list()).toMatchObject([{ name: "again" }]);
  await next.close();
});

test("who has left a session is told that it lives on, and can neither close it nor edit its parameters", async () => {
  const session = await Session.open(opt, { ...quiet, name: "lives" });
  const other = await Session.open(opt, { ...quiet, name: "lives" });
  const weight = "model.decoder.layers.0.fc1.weight";
  const late = session.editParameter(weight, async ({ data }) => {
    session.detach();
    return data;
  });
  const left = 'session "lives" was left by detach and lives on: open it again to use or close it';
  await expect(late).rejects.toThrow(left);
  await expect(session.editParameter(weight, ({ data }) => data)).rejects.toThrow(left);
  await expect(session.forward(rows)).rejects.toThrow(left);
  await expect(session.close()).rejects.toThrow(left);
  expect(session.editedParameters).toEqual([]);
  expect(shared(process.pid)).toEqual([]);
  expect((await other.forward(rows)).logits!.shape[0]).toBe(2);
  await other.close();
  await expect(other.editParameter(weight, ({ data }) => data)).rejects.toThrow('session "lives" is closed');
});

test("a clock that is set back keeps no session that nobody uses", async () => {
  const text = `
    const { now } = Date;
    Date.now = () => now() - (performance.now() > 1500 ? 3_600_000 : 0);`;
  const before = process.env["NODE_OPTIONS"];
  process.env["NODE_OPTIONS"] = `--import=data:text/javascript,${encodeURIComponent(text)}`;
  try {
    const session = await Session.open(opt, { ...quiet, name: "clock", idleMinutes: 0.05 });
    const { pid } = await session.status();
    session.detach();
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 10_000);
  } finally {
    if (before === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = before;
  }
});
