import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { isAlive } from "../engine/launch/leftovers.js";
import { Session } from "./session.js";
import { busy, opt, ownRuntime, quiet, rows, shared } from "./sessions.fixture.js";

ownRuntime();

async function pidsOf(session: Session): Promise<{ broker: number; workers: number[] }> {
  const { pid, ranks } = await session.status();
  return { broker: pid, workers: ranks.map((rank) => rank.pid as number) };
}

test("a terminal that is closed ends neither broker nor workers", async () => {
  const session = await Session.open(opt, { ...quiet, name: "hung-up", devices: 2 });
  const before = await pidsOf(session);
  for (const pid of [before.broker, ...before.workers]) process.kill(pid, "SIGHUP");
  expect((await session.forward(rows)).logits).toBeDefined();
  expect(await pidsOf(session)).toEqual(before);
  await session.close();
});

test("an orphaned worker ends although it is busy, and is gone when its broker was killed during a run", async () => {
  const session = await Session.open(opt, { ...quiet, name: "orphan", mesh: { tensor: 2 } });
  const { broker, workers } = await pidsOf(session);
  const [waiting, stopped] = workers as [number, number];
  // One rank is stopped, so that the other sleeps in a sum with it and cannot see that its broker goes.
  process.kill(stopped, "SIGSTOP");
  try {
    const running = Promise.allSettled([session.forward(rows)]);
    await busy(session);
    // Time to come to the sum; a rank that has not would end as well, and show less.
    await sleep(500);
    process.kill(broker, "SIGKILL");
    await running;
    await vi.waitFor(() => expect(isAlive(waiting)).toBe(false), 10_000);
    expect(isAlive(stopped)).toBe(true);
  } finally {
    if (isAlive(stopped)) process.kill(stopped, "SIGCONT");
  }
  await vi.waitFor(() => expect(isAlive(stopped)).toBe(false), 10_000);
  expect(await Session.list()).toEqual([]);
  expect(shared(broker)).toEqual([]);
});

/** Seconds that a process has computed: the times in user and system mode, in hundredths. */
function computed(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

test.skipIf(process.platform !== "linux")("ranks that wait for work do not compute", async () => {
  const session = await Session.open(opt, { ...quiet, name: "at-rest", mesh: { tensor: 2 } });
  const { workers } = await pidsOf(session);
  await session.forward(rows);
  // What follows a step, such as giving memory back, is soon done; whoever spins does not stop.
  await vi.waitFor(async () => {
    const before = workers.map(computed);
    await sleep(1000);
    for (const [i, pid] of workers.entries()) expect(computed(pid) - before[i]!).toBeLessThan(0.3);
  }, 20_000);
  expect(workers.map(computed).every((seconds) => seconds > 0.05)).toBe(true);
  await session.close();
});
