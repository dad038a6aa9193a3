import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { encodeFrame } from "../engine/wire/frame.js";
import { requestsText } from "../engine/wire/requests.js";
import { capture } from "../hooks/index.js";
import { CancelledError } from "./cancelled.js";
import { sessionFolder } from "./folder.js";
import { protocol } from "./messages.js";
import { Session } from "./session.js";
import { busy, opt, ownRuntime, quiet, rows, runtime, shared, whileRunning } from "./sessions.fixture.js";

ownRuntime();
const pattern = capture("layers.*.attention.pattern");

test("a worker killed while it runs fails that call in one line; the next call works", async () => {
  const session = await Session.open(opt, { ...quiet, devices: 2 });
  const [held, victim] = (await session.status()).ranks;
  const [outcome] = await whileRunning(session, held?.pid as number, async () => {
    const running = Promise.allSettled([session.forward(rows, { hooks: [pattern] })]);
    await busy(session);
    process.kill(victim?.pid as number, "SIGKILL");
    return running;
  });
  expect(outcome).toMatchObject({
    reason: {
      message: expect.stringMatching(
        new RegExp(`^rank 1 \\(pid ${victim?.pid}, cpu, stage 1\\) was killed [^\\n]*$`),
      ),
    },
  });
  expect((await session.forward(rows)).logits?.shape[0]).toBe(2);
  await session.close();
});

test("a prefix whose workers died says that it went with them; a new one is read by those that came after", async () => {
  const session = await Session.open(opt, { ...quiet, devices: 2 });
  const prefix = await session.prefix([2, 5, 9]);
  const after = { after: prefix, logits: "last" } as const;
  const before = await session.forward(rows, after);
  const victim = (await session.status()).ranks[1]?.pid as number;
  process.kill(victim, "SIGKILL");
  await vi.waitFor(async () => expect((await session.status()).ranks[1]?.pid).not.toBe(victim));
  await expect(session.forward(rows, after)).rejects.toThrow(
    new RegExp(
      "^keys and values of 3 positions went with workers that had to be started again: " +
        `rank 1 \\(pid ${victim}, cpu, stage 1\\) was killed [^\\n]*$`,
    ),
  );
  const again = await session.prefix([2, 5, 9]);
  const { logits } = await session.forward(rows, { ...after, after: again });
  expect(logits?.data).toEqual(before.logits?.data);
  await session.close();
});

test("an abort cancels a running call, and one in the queue; workers and session stay", async () => {
  const session = await Session.open(opt, { ...quiet, devices: 2 });
  const before = (await session.status()).ranks.map(({ pid }) => pid as number);
  const abort = new AbortController();
  await whileRunning(session, before[0] as number, async () => {
    const calls = [
      session.forward(rows, { signal: abort.signal }),
      session.forward(rows, { signal: abort.signal }),
    ];
    const outcomes = Promise.allSettled(calls);
    await busy(session);
    abort.abort();
    return outcomes;
  }).then((outcomes) => {
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: "rejected", reason: { name: "CancelledError" } });
  });
  expect((await session.forward(rows)).logits).toBeDefined();
  expect((await session.status()).ranks.map(({ pid }) => pid)).toEqual(before);
  await session.close();
});

test("the interrupt of a notebook cell cancels too, and the notebook is told of sessions", async () => {
  const abort = new AbortController();
  const told: string[] = [];
  const key = Symbol.for("vitrail.host");
  const host = {
    cellSignal: () => abort.signal,
    sessionOpened: (name: string) => told.push(`opened ${name}`),
    sessionClosed: (name: string) => told.push(`closed ${name}`),
  };
  Object.assign(globalThis, { [key]: host });
  try {
    const session = await Session.open(opt, { ...quiet, name: "cell" });
    const [worker] = (await session.status()).ranks;
    await whileRunning(session, worker?.pid as number, async () => {
      const outcome = Promise.allSettled([session.forward(rows)]);
      await busy(session);
      abort.abort();
      return outcome;
    }).then(([outcome]) => expect(outcome).toMatchObject({ reason: { name: "CancelledError" } }));
    await expect(session.forward(rows)).rejects.toThrow(CancelledError);
    await session.close();
    expect(told).toEqual(["opened cell", "closed cell"]);
  } finally {
    delete (globalThis as Record<symbol, unknown>)[key];
  }
});

test("a client that dies leaves no result behind", async () => {
  const session = await Session.open(opt, { ...quiet, name: "left" });
  const { pid } = await session.status();
  const { token, socket } = sessionFolder("left");
  const stranger = connect(socket);
  const send = (message: object) => encodeFrame(message).forEach((chunk) => stranger.write(chunk));
  send({ kind: "hello", token: readFileSync(token, "utf8"), protocol });
  send({
    kind: "forward",
    id: 0,
    step: {
      rows,
      select: "all",
      edits: [],
      requests: requestsText([{ key: "logits", point: "logits", slices: [] }]),
    },
  });
  const parcels = () => shared(pid).flatMap((name) => readdirSync(join("/dev/shm", name)));
  await vi.waitFor(() => expect(parcels()).toHaveLength(1), 10_000);
  stranger.destroy();
  await vi.waitFor(() => expect(parcels()).toEqual([]), 10_000);
  await session.close();
});

test("the folder is 0700, socket and token 0600, and a wrong token is refused", async () => {
  const session = await Session.open(opt, { ...quiet, name: "private" });
  const folder = sessionFolder("private");
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  expect([runtime.path, folder.path].map(mode)).toEqual(["700", "700"]);
  expect([folder.socket, folder.token, folder.order, folder.broker, folder.log].map(mode)).toEqual(
    new Array(5).fill("600"),
  );
  expect(mode(join(folder.path, "workers"))).toBe("600");
  const { pid, ranks } = await session.status();
  // Command lines, which anybody can read, hold neither the session's token nor the one that its workers come with. Workers
  // are told theirs by their environment, which the system shows to this user alone; the session's they never get.
  const token = readFileSync(folder.token, "utf8");
  const workers = ranks.map((rank) => rank.pid as number);
  const environment = (of: number) => readFileSync(`/proc/${of}/environ`, "utf8");
  const secrets = [token, ...workers.map((each) => /"token":"(\w{64})"/.exec(environment(each))![1]!)];
  expect(new Set(secrets).size).toBe(2);
  for (const each of [pid, ...workers]) {
    for (const secret of secrets) expect(readFileSync(`/proc/${each}/cmdline`, "utf8")).not.toContain(secret);
    expect(environment(each)).not.toContain(token);
    expect(mode(`/proc/${each}/environ`)).toBe("400");
  }
  for (const message of [
    { kind: "hello", token: "0".repeat(64), protocol },
    { kind: "hello", token: "", protocol },
    { kind: "status", id: 1 },
    { kind: "nonsense" },
  ]) {
    for (const path of [folder.socket, join(folder.path, "workers")]) {
      const socket = connect(path);
      const heard: Buffer[] = [];
      socket.on("data", (chunk: Buffer) => heard.push(chunk));
      socket.on("error", () => {});
      encodeFrame(message).forEach((chunk) => socket.write(chunk));
      await new Promise((resolve) => socket.once("close", resolve));
      expect(Buffer.concat(heard)).toHaveLength(0);
    }
  }
  expect((await session.forward(rows)).logits).toBeDefined();
  await session.close();
});

test("a folder that others can enter is refused", async () => {
  const open = join(runtime.path, "..", "open");
  mkdirSync(open, { mode: 0o755 });
  process.env["VITRAIL_RUNTIME_DIR"] = open;
  try {
    await expect(Session.open(opt, quiet)).rejects.toThrow(
      "is not private: it must belong to you, with mode 0700",
    );
  } finally {
    process.env["VITRAIL_RUNTIME_DIR"] = runtime.path;
    rmSync(open, { recursive: true });
  }
});
