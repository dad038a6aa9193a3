import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { isAlive } from "../engine/launch/leftovers.js";
import { Session } from "./session.js";
import { opt, ownRuntime, quiet, rows } from "./sessions.fixture.js";

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
