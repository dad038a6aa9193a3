import { fork, type ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { sumInRankOrder } from "./collectives.js";
import { Hub } from "./hub.js";
import { createSegment, removeSegment } from "./segment.js";

type Message = { kind: string; value?: unknown; step?: number; sequence?: number; bytes?: string };
const slotBytes = 64 * 1024;
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function rankProcess(): ChildProcess {
  const child = fork(new URL("./rank.mjs", import.meta.url));
  children.push(child);
  return child;
}

function until(child: ChildProcess, kind: string): Promise<Message> {
  return new Promise((resolve, reject) => {
    const listen = (message: Message) => {
      if (message.kind !== kind) return;
      child.off("message", listen);
      resolve(message);
    };
    child.on("message", listen);
    // Its exit may be told before what it said last; the end of the channel comes behind all of that.
    child.once("disconnect", () => reject(new Error(`rank ended before ${kind}`)));
  });
}

/** Starts `size` ranks; the segment's name is removed as soon as all have mapped it. */
async function startRanks(
  kind: "sharedMemory" | "socket",
  size: number,
  task: string,
  options: object,
  own: object[] = [],
) {
  const name = kind === "sharedMemory" ? createSegment(size, slotBytes) : "";
  const ranks = Array.from({ length: size }, rankProcess);
  const hub = new Hub(size, "tensor");
  const mapped = Promise.all(ranks.map((child) => until(child, "mapped")));
  ranks.forEach((child, rank) => {
    child.on("message", (message: Message) => {
      if (message.kind !== "reduce") return;
      const meeting = { step: message.step as number, sequence: message.sequence as number };
      hub.arrive(rank, meeting, Buffer.from(message.bytes as string, "base64"), (answered, sum) =>
        child.send({ kind: "reduced", ...answered, bytes: Buffer.from(sum).toString("base64") }),
      );
    });
    const collectives = { kind, name, group: "tensor", rank, size, slotBytes, spin: false, ...own[rank] };
    child.send({
      task: (own[rank] as { task?: string } | undefined)?.task ?? task,
      options: { ...options, rank, size, collectives },
    });
  });
  await mapped;
  if (kind === "sharedMemory") removeSegment(name);
  return { ranks, go: () => ranks.forEach((child) => child.send({ kind: "go" })) };
}

/** Lets the ranks go on whenever all have stepped. */
function keepInStep(ranks: readonly ChildProcess[], go: () => void): void {
  let waiting = 0;
  for (const child of ranks)
    child.on("message", (message: Message) => {
      if (message.kind !== "stepped" || ++waiting < ranks.length) return;
      waiting = 0;
      go();
    });
}

function ours(): string[] {
  return readdirSync("/dev/shm").filter((entry) => entry.startsWith(`vitrail-${process.pid}-`));
}

describe.each([2, 4])("%i ranks", (size) => {
  test("shared memory and sockets give the same bits on every rank, in rank order", async () => {
    const lengths = [1, 5, 4096, 4097, 16_384, 20_001, 50_000];
    const results = [];
    for (const kind of ["sharedMemory", "socket"] as const) {
      const { ranks, go } = await startRanks(kind, size, "sums", { steps: 3, lengths });
      const done = Promise.all(ranks.map((child) => until(child, "result")));
      go();
      const sums = (await done).map(({ value }) => value as string[]);
      for (const other of sums) expect(other).toEqual(sums[0]);
      results.push(sums[0]);
    }
    expect(results[0]).toHaveLength(3 * lengths.length);
    expect(results[1]).toEqual(results[0]);
    expect(ours()).toEqual([]);
  });
});

test("the order of adding shows, so that equal bits mean equal order", () => {
  const parts = [Float32Array.of(1e8, 3), Float32Array.of(-1e8, 1), Float32Array.of(1, 0.1)];
  const forward = new Float32Array(2);
  const backward = new Float32Array(2);
  sumInRankOrder(parts, forward, 0, 2);
  sumInRankOrder([...parts].reverse(), backward, 0, 2);
  expect([...forward]).not.toEqual([...backward]);
  expect(forward[1]).toBe(Math.fround(Math.fround(3 + 1) + Math.fround(0.1)));
});

test("a step that one rank gave up leaves nothing behind for the next", async () => {
  const size = 3;
  const { ranks, go } = await startRanks("sharedMemory", size, "aborts", {});
  keepInStep(ranks, go);
  const done = Promise.all(ranks.map((child) => until(child, "result")));
  go();
  const found = (await done).map(({ value }) => (value as { found: unknown[] }).found);
  for (let step = 1; step <= 12; step++) {
    const outcomes = found.map((rank) => rank[step - 1]);
    if (step % 2 === 1) expect(outcomes).toEqual([3 + 3 * step, 3 + 3 * step, 3 + 3 * step]);
    else
      expect(outcomes).toEqual(["given up", "step aborted by another rank", "step aborted by another rank"]);
  }
});

// 40,000 is more than half of what the step's half of a word can tell apart; after 65,536 it is the same again.
test.each([40_000, 65_536])("%i steps after one that was given up, all ranks wait and sum", async (more) => {
  const { ranks, go } = await startRanks("sharedMemory", 3, "idles", { more });
  keepInStep(ranks, go);
  const done = Promise.all(ranks.map((child) => until(child, "result")));
  go();
  expect((await done).map(({ value }) => value)).toEqual([6, 6, 6]);
});

test("a killed rank does not hang the others", async () => {
  const { ranks, go } = await startRanks("sharedMemory", 3, "wait", {}, [{}, { task: "desert" }, {}]);
  const met = Promise.all(ranks.map((child) => until(child, "met")));
  const waiting = [ranks[0], ranks[2]].map((child) => until(child as ChildProcess, "result"));
  go();
  await met;
  const pid = ranks[1]?.pid;
  ranks[1]?.on("error", () => {});
  ranks[1]?.kill("SIGKILL");
  for (const { value } of await Promise.all(waiting))
    expect((value as { message: string }).message).toBe(`tensor rank 1 (pid ${pid}) died`);
});

test("a rank that never comes is given up after the time-out", async () => {
  const { ranks, go } = await startRanks("sharedMemory", 2, "wait", {}, [
    { timeout: 400 },
    { task: "desert" },
  ]);
  const waiting = until(ranks[0] as ChildProcess, "result");
  go();
  expect(((await waiting).value as { message: string }).message).toBe(
    "tensor rank 1 did not come to a meeting within 400 ms",
  );
});

test("memory that is not there is refused when the segment is made, not when it is used", () => {
  expect(() => createSegment(2, 2 ** 50)).toThrow(/no room for \d+ bytes of shared memory/);
  expect(ours()).toEqual([]);
});

test("the hub refuses terms of different lengths", () => {
  const hub = new Hub(2, "tensor");
  hub.arrive(0, { step: 1, sequence: 1 }, new Uint8Array(8), () => {});
  expect(() => hub.arrive(1, { step: 1, sequence: 1 }, new Uint8Array(4), () => {})).toThrow(
    "tensor ranks met with buffers of different lengths: 2, 1",
  );
});
