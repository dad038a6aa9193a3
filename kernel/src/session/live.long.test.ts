import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { isAlive } from "../engine/launch/leftovers.js";
import { encodeFrame } from "../engine/wire/frame.js";
import { edit } from "../hooks/index.js";
import { openCheckpoint } from "../models/checkpoint/open.js";
import { sessionFolder } from "./folder.js";
import { closeSession, findStatus, listSessions } from "./live.js";
import { protocol } from "./messages.js";
import { Session } from "./session.js";
import {
  busy,
  gpt2,
  opt,
  ownRuntime,
  quiet,
  rows,
  runtime,
  shared,
  whileRunning,
} from "./sessions.fixture.js";

ownRuntime();

test("the same name and model attach to the same workers; every client is served", async () => {
  const first = await Session.open(opt, { ...quiet, name: "shared", devices: 2 });
  const pids = (await first.status()).ranks.map(({ pid }) => pid);
  const second = await Session.open(opt, { quiet: true, name: "shared" });
  expect((await second.status()).ranks.map(({ pid }) => pid)).toEqual(pids);
  // One process uses it, however often it opens it; whoever only asks does not use it.
  expect((await second.status()).clients).toBe(1);
  const runs = await Promise.all([first, second, first, second].map((session) => session.forward(rows)));
  for (const run of runs) expect(run.logits).toEqual(runs[0]?.logits);
  first.detach();
  expect(await Session.list()).toMatchObject([{ name: "shared", mesh: "pipeline 2 × tensor 1", clients: 1 }]);
  await expect(first.forward(rows)).rejects.toThrow('session "shared" was left by detach and lives on');
  // The stack of an error made at the close, or by another call, would name another line of the notebook.
  const [one, two] = await Promise.allSettled([first.forward(rows), first.forward(rows)]);
  expect(one).toEqual(two);
  expect((one as PromiseRejectedResult).reason).not.toBe((two as PromiseRejectedResult).reason);
  await second.close();
  expect(await Session.list()).toEqual([]);
  expect(pids.filter((pid) => isAlive(pid as number))).toEqual([]);
  await expect(second.forward(rows)).rejects.toThrow("is closed");
});

test("a session whose folder was removed ends when it is left, and leaves the folder of the next of its name alone", async () => {
  const first = await Session.open(opt, { ...quiet, name: "lost" });
  const { pid } = await first.status();
  rmSync(sessionFolder("lost").path, { recursive: true });
  const second = await Session.open(opt, { ...quiet, name: "lost" });
  expect((await second.status()).pid).not.toBe(pid);
  expect((await first.forward(rows)).logits).toBeDefined();
  first.detach();
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 10_000);
  expect(await Session.list()).toMatchObject([{ name: "lost", clients: 1 }]);
  await second.close();
});

test.skipIf(process.platform !== "linux")(
  "a session whose shared memory the system cleared goes on on disk, host edits too",
  async () => {
    const session = await Session.open(opt, { ...quiet, name: "cleared", devices: 2 });
    const before = await session.forward(rows);
    const { pid } = await session.status();
    expect(shared(pid).length).toBeGreaterThan(0);
    for (const name of shared(pid)) rmSync(join("/dev/shm", name), { recursive: true });
    expect((await session.forward(rows)).logits).toEqual(before.logits);
    const same = await session.forward(rows, { hooks: [edit("layers.0.mlp.output", (x) => x)] });
    expect(same.logits).toEqual(before.logits);
    expect(readdirSync(sessionFolder("cleared").path).filter((name) => name.endsWith("parcel"))).toEqual([]);
    await session.close();
  },
);

test("every process that uses a session is counted, and once", async () => {
  const session = await Session.open(opt, { ...quiet, name: "counted" });
  const { token, socket } = sessionFolder("counted");
  const others = ["one", "two", "two"].map((process) => {
    const stranger = connect(socket);
    const hello = { kind: "hello", token: readFileSync(token, "utf8"), protocol, process };
    for (const chunk of encodeFrame(hello)) stranger.write(chunk);
    return stranger;
  });
  await vi.waitFor(async () => expect((await session.status()).clients).toBe(3));
  for (const other of others) other.destroy();
  await vi.waitFor(async () => expect((await session.status()).clients).toBe(1));
  await session.close();
});

test("another model, or options that differ, are refused and change nothing", async () => {
  const session = await Session.open(opt, { ...quiet, name: "taken", devices: 2 });
  await expect(Session.open(gpt2, { ...quiet, name: "taken" })).rejects.toThrow(
    /^session "taken" holds .*opt \([0-9a-f]{8}\), not .*gpt2 \([0-9a-f]{8}\): close it, or open under another name$/,
  );
  await expect(Session.open(opt, { ...quiet, name: "taken", devices: 1 })).rejects.toThrow(
    'session "taken" is open with devices 2, not 1',
  );
  await expect(Session.open(opt, { ...quiet, name: "taken", mesh: { tensor: 2 } })).rejects.toThrow(
    'session "taken" is open with mesh.tensor 1, not 2',
  );
  expect((await session.forward(rows)).logits).toBeDefined();
  await session.close();
});

test("a checkpoint written anew is another one, even where its fingerprint samples nothing of the change", async () => {
  const folder = mkdtempSync(join(tmpdir(), "written-"));
  const weights = join(folder, "model.safetensors");
  cpSync(opt, folder, { recursive: true });
  // Large enough that most of it is not sampled.
  const bytes = readFileSync(weights);
  const { tensors, fingerprint } = await openCheckpoint(folder);
  const largest = [...tensors.values()].reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const session = await Session.open(folder, { ...quiet, name: "written" });
  try {
    bytes[largest.offset + 2000]! ^= 1;
    writeFileSync(weights, bytes);
    expect((await openCheckpoint(folder)).fingerprint).toBe(fingerprint);
    await expect(Session.open(folder, { ...quiet, name: "written" })).rejects.toThrow(
      /^session "written" holds .* as it was when it was opened, and other files than .* has now: close it/,
    );
  } finally {
    await session.close();
    rmSync(folder, { recursive: true });
  }
});

test("two that open the same name at once share one session", async () => {
  const both = await Promise.all([Session.open(opt, quiet), Session.open(opt, quiet)]);
  const [one, other] = await Promise.all(both.map((session) => session.status()));
  expect(other?.pid).toBe(one?.pid);
  await both[0]?.close();
});

test("what a killed broker left is cleaned when it is seen, and its workers are gone", async () => {
  const session = await Session.open(opt, { ...quiet, name: "dead", mesh: { tensor: 2 } });
  const { pid, ranks } = await session.status();
  process.kill(pid, "SIGKILL");
  await expect(session.forward(rows)).rejects.toThrow(
    /session "dead" has ended \(its broker, pid \d+, is gone\)/,
  );
  await vi.waitFor(() => expect(ranks.filter((rank) => isAlive(rank.pid as number))).toEqual([]), 10_000);
  expect(readdirSync(runtime.path)).toEqual(["dead"]);
  expect(await Session.list()).toEqual([]);
  expect(readdirSync(runtime.path)).toEqual([]);
  expect(shared(pid)).toEqual([]);
});

test("a session without clients ends itself", async () => {
  const session = await Session.open(opt, { ...quiet, name: "idle", idleMinutes: 0.01 });
  const { pid } = await session.status();
  session.detach();
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 10_000);
  expect(readdirSync(runtime.path)).toEqual([]);
});

test("names of sessions that are not there are said with those that are", async () => {
  expect(await findStatus("none")).toBeUndefined();
  await expect(closeSession("none")).rejects.toThrow('no session "none": none is open');
  const session = await Session.open(opt, { ...quiet, name: "here" });
  await expect(closeSession("none")).rejects.toThrow('no session "none": open: here');
  expect(await findStatus("here")).toMatchObject({ name: "here", state: "ready", clients: 1 });
  await session.close();
});

test("runs under way end when their session is detached", async () => {
  const session = await Session.open(opt, { ...quiet, name: "left" });
  const other = await Session.open(opt, { ...quiet, name: "left" });
  const [worker] = (await session.status()).ranks;
  const [outcome] = await whileRunning(other, worker!.pid as number, async () => {
    const running = Promise.allSettled([session.forward(rows)]);
    await busy(session);
    session.detach();
    return running;
  });
  expect(outcome).toMatchObject({
    reason: { message: expect.stringMatching(/^session "left" was left by detach and lives on: /) as string },
  });
  await other.close();
});

test("a broker that does not answer is said to, by name and process, and hides no other session", async () => {
  const frozen = await Session.open(opt, { ...quiet, name: "frozen" });
  const well = await Session.open(opt, { ...quiet, name: "well" });
  const { pid } = await frozen.status();
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  process.kill(pid, "SIGSTOP");
  try {
    expect((await listSessions()).map(({ name }) => name)).toEqual(["well"]);
    expect(warn.mock.calls.flat()).toEqual([
      `not listed: broker of session "frozen" (pid ${pid}) does not answer`,
    ]);
  } finally {
    process.kill(pid, "SIGCONT");
    warn.mockRestore();
  }
  await Promise.all([frozen.close(), well.close()]);
}, 60_000);
