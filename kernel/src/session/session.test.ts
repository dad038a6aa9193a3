import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { bundleOf } from "../display/index.js";
import {
  hookTreeType,
  parseHookTree,
  parseTensor,
  pointsOf,
  ranksAt,
  tensorType,
} from "../display/payload/index.js";
import { isAlive } from "../engine/launch/leftovers.js";
import { encodeFrame } from "../engine/wire/frame.js";
import { capture, edit, skip } from "../hooks/index.js";
import { BrokerClient, CancelledError, closeSession, sessionStatus } from "./client.js";
import { sessionFolder } from "./folder.js";
import { protocol } from "./messages.js";
import { Session } from "./session.js";
import type { OpenOptions } from "./types.js";

const goldens = fileURLToPath(new URL("../../../test/goldens/checkpoints/", import.meta.url));
const opt = join(goldens, "opt");
const gpt2 = join(goldens, "gpt2");
const pattern = capture("layers.*.attention.pattern");
const quiet: OpenOptions = { quiet: true, threads: 1 };
let runtime: string;
beforeAll(() => {
  runtime = join(mkdtempSync(join(tmpdir(), "vs-")), "run");
  process.env["VITRAIL_RUNTIME_DIR"] = runtime;
});
afterEach(async () => {
  for (const { name } of await Session.list()) await closeSession(name);
  expect(existsSync(runtime) ? readdirSync(runtime) : []).toEqual([]);
});
afterAll(() => {
  delete process.env["VITRAIL_RUNTIME_DIR"];
  rmSync(join(runtime, ".."), { recursive: true });
});

const rows = [
  [2, 5, 9, 11, 4],
  [2, 7],
];

/** Parcels and segments that processes of this session made and nobody removed. */
function shared(pid: number): string[] {
  return existsSync("/dev/shm")
    ? readdirSync("/dev/shm").filter((name) => name.startsWith(`vitrail-${pid}-`))
    : [];
}

/** Holds a worker, so that what begins meanwhile is still running when `act` has begun it; then lets it go on. */
async function whileRunning<T>(session: Session, pid: number, act: () => Promise<T>): Promise<T> {
  process.kill(pid, "SIGSTOP");
  const release = setTimeout(() => process.kill(pid, "SIGCONT"), 1000);
  try {
    return await act();
  } finally {
    clearTimeout(release);
    if (isAlive(pid)) process.kill(pid, "SIGCONT");
    expect((await session.status()).name).toBe(session.name);
  }
}

function busy(session: Session): Promise<void> {
  return vi.waitFor(async () => expect((await session.status()).state).toBe("busy"));
}

describe("a forward pass", () => {
  test("captures come back whole and the same over any mesh", async () => {
    const found = [];
    for (const options of [
      {},
      { devices: 2 },
      { mesh: { tensor: 2 } },
      { mesh: { pipeline: 2, tensor: 2 } },
    ]) {
      const session = await Session.open(opt, { ...quiet, ...options });
      const run = await session.forward(rows, {
        hooks: [pattern, capture("layers.0.mlp.hidden[unit=1|40]")],
      });
      found.push({
        patterns: run.get("layers.1.attention.pattern"),
        units: run.get("layers.0.mlp.hidden"),
        logits: run.logits,
        mesh: run.provenance.mesh,
      });
      const { pid } = await session.status();
      await session.close();
      expect(isAlive(pid)).toBe(false);
      expect(shared(pid)).toEqual([]);
    }
    const [one, ...others] = found;
    expect(one?.patterns.shape.slice(0, 1)).toEqual([2]);
    expect(one?.units.shape).toEqual([2, 5, 2]);
    for (const other of others) {
      for (const key of ["patterns", "units", "logits"] as const) {
        const [a, b] = [one?.[key], other[key]];
        expect(b?.shape).toEqual(a?.shape);
        const difference = Math.max(
          ...(a?.data ?? []).map((value, i) => Math.abs(value - (b?.data[i] as number))),
        );
        expect(difference).toBeLessThan(1e-5);
      }
      expect(other.mesh).not.toBe(one?.mesh);
    }
    expect(Math.max(...(one?.units.data ?? []))).toBeGreaterThan(0.01);
  });

  test("logits of the last position only, or none, are those of all", async () => {
    const session = await Session.open(opt, quiet);
    const all = (await session.forward(rows)).logits;
    const vocabulary = all?.shape[2] as number;
    const last = (await session.forward(rows, { logits: "last" })).logits;
    expect(last?.shape).toEqual([2, 1, vocabulary]);
    const at = (row: number, position: number) => (row * 5 + position) * vocabulary;
    const expected = [at(0, 4), at(1, 1)].flatMap((from) => [
      ...(all?.data.subarray(from, from + vocabulary) ?? []),
    ]);
    expect(Math.max(...expected.map((value, i) => Math.abs(value - (last?.data[i] as number))))).toBeLessThan(
      1e-5,
    );
    // With a hook on the logits, both come from one computation.
    const both = await session.forward(rows, { logits: "last", hooks: [capture("logits")] });
    expect(both.logits?.shape).toEqual([2, 1, vocabulary]);
    expect(both.get("logits").shape).toEqual([2, 5, vocabulary]);
    expect([...(both.logits?.data ?? [])]).toEqual(
      [at(0, 4), at(1, 1)].flatMap((from) => [...both.get("logits").data.subarray(from, from + vocabulary)]),
    );
    const none = await session.forward(rows, { logits: "none", hooks: [capture("embedding")] });
    expect(none.logits).toBeUndefined();
    expect([...none.captures.keys()]).toEqual(["embedding"]);
    await session.close();
  });

  test("half-precision weights give the same numbers packed and mapped", async () => {
    for (const checkpoint of ["galactica", "galactica-unbiased"]) {
      const logits: Float32Array[] = [];
      for (const weights of ["pack", "map"] as const) {
        const session = await Session.open(join(goldens, checkpoint), { ...quiet, weights });
        const run = await session.forward(rows);
        expect(run.provenance.dtype).toBe(checkpoint === "galactica" ? "f16" : "bf16");
        logits.push(run.logits?.data as Float32Array);
        await session.close();
      }
      const [packed, mapped] = logits as [Float32Array, Float32Array];
      expect(Math.max(...packed)).toBeGreaterThan(0.1);
      expect(Math.max(...packed.map((value, i) => Math.abs(value - (mapped[i] as number))))).toBeLessThan(
        1e-5,
      );
    }
  });

  test("text is read with its leading special token", async () => {
    // The golden checkpoint with a tokenizer that puts `</s>` before every text, as OPT's does.
    const folder = join(runtime, "..", "opt-with-start");
    cpSync(opt, folder, { recursive: true });
    const file = join(folder, "tokenizer.json");
    const definition = JSON.parse(readFileSync(file, "utf8"));
    const { id } = definition.added_tokens.find(({ content }: { content: string }) => content === "</s>");
    definition.post_processor = {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "</s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 0 } }],
      special_tokens: { "</s>": { id: "</s>", ids: [id], tokens: ["</s>"] } },
    };
    writeFileSync(file, JSON.stringify(definition));
    const session = await Session.open(folder, quiet);
    const run = await session.forward("he said");
    expect(run.tokens[0]?.[0]).toMatchObject({ text: "</s>", start: undefined });
    expect(run.tokens[0]?.at(-1)).toMatchObject({ end: "he said".length });
    const ids = run.tokens[0]?.map(({ id }) => id) ?? [];
    expect((await session.forward(ids)).logits).toEqual(run.logits);
    await session.close();
  });

  test("what does not fit is refused in one line, and the session lives on", async () => {
    const session = await Session.open(opt, quiet);
    const limit = session.hookPoints("logits")[0]?.shape.match(/(\d+)\]$/)?.[1];
    await expect(session.forward([])).rejects.toThrow("empty input: give a text, texts, token ids");
    await expect(session.forward([[1], []])).rejects.toThrow(
      "empty input (row 1): a row needs at least one token",
    );
    await expect(session.forward([1e6])).rejects.toThrow(
      `token id 1000000 is outside the vocabulary: ids are 0 to ${Number(limit) - 1}`,
    );
    await expect(session.forward(new Array<number>(5000).fill(3))).rejects.toThrow(
      /^input of 5000 tokens: the model reads at most \d+$/,
    );
    await expect(session.forward([1, 2], { hooks: [capture("layers.0.attention.patern")] })).rejects.toThrow(
      /^no hook point "layers.0.attention.patern": nearest is layers.0.attention.pattern \[batch, head \d+, query, key\], between layers.0.attention.scores and layers.0.attention.z$/,
    );
    await expect(session.forward([1, 2], { hooks: [capture("embedding[position=7]")] })).rejects.toThrow(
      /^position 7 is outside/,
    );
    await expect(
      session.forward([1, 2], { hooks: [capture("*.attention.pattern[head=-1|0]")] }),
    ).rejects.toThrow(/indices -1\|0 are not ascending among \d+$/);
    await expect(session.forward([1, 2], { logits: "some" as never })).rejects.toThrow(
      'logits "some": choose all',
    );
    const run = await session.forward([1, 2], { hooks: [pattern] });
    expect(() => run.get("layers.9.attention.pattern")).toThrow(
      /^no capture "layers.9.attention.pattern": nearest is/,
    );
    await session.close();
  });

  test("the estimate is what comes back", async () => {
    const session = await Session.open(opt, { ...quiet, mesh: { tensor: 2 } });
    const hooks = [capture("layers.*.attention.pattern[head=0, query=-1]"), capture("*.mlp.hidden")];
    const estimate = await session.estimate(rows, { hooks, logits: "last" });
    const run = await session.forward(rows, { hooks, logits: "last" });
    const shapes = new Map([...run.captures].map(([name, { shape }]) => [name, shape]));
    expect(
      new Map(
        estimate.points.filter(({ name }) => name !== "logits").map(({ name, shape }) => [name, shape]),
      ),
    ).toEqual(shapes);
    expect(estimate.points.at(-1)?.shape).toEqual(run.logits?.shape);
    const bytes = [...run.captures.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
    expect(estimate.bytes).toBe(bytes + (run.logits?.data.byteLength ?? 0));
    await session.close();
  });
});

describe("a capture shows itself", () => {
  test("with its axes, the ranks that held it and where it comes from, beside its value", async () => {
    const session = await Session.open(opt, { ...quiet, mesh: { pipeline: 2, tensor: 2 } });
    const hooks = [capture("layers.2.attention.pattern[head=1|2|3]"), capture("layers.0.residual.*[unit=3]")];
    const run = await session.forward(rows, { hooks });
    const pattern = run.get("layers.2.attention.pattern");
    // Four heads on two ranks, of which the first's first is left out; the last layers are on the second stage.
    expect(pattern.shards).toEqual([
      {
        axis: 1,
        parts: [
          { ranks: [2], from: 0, to: 1 },
          { ranks: [3], from: 1, to: 3 },
        ],
      },
    ]);
    expect([pattern.name, pattern.axes]).toEqual([pattern.point.name, pattern.point.axes]);
    expect(Object.keys(pattern)).toEqual(["dtype", "shape", "data", "point", "selector"]);
    const { data } = bundleOf(pattern);
    expect(data["text/plain"]).toMatch(
      /^layers\.2\.attention\.pattern \[2, 3, 5, 5\] \(batch, head, query, key\) f32, 150 values/,
    );
    expect(data["text/plain"]).toContain("split by head: rank 2 0; rank 3 1–2");
    expect(data["text/plain"]).toContain("pipeline 2 × tensor 2");
    expect(parseTensor(data[tensorType])).toMatchObject({ alias: null, statistics: { count: 150 } });
    expect(inspect({ pattern })).toBe("{ pattern: layers.2.attention.pattern [2, 3, 5, 5] f32 }");
    const whole = [...run.captures.values()].filter(({ point }) => point.partition.kind === "whole");
    expect(whole.length).toBeGreaterThan(0);
    for (const { shards } of whole) expect(shards).toEqual([]);
    const { steps } = await session.generate([2, 5], { maxTokens: 2, hooks: [capture("logits")] });
    const ends = steps.map((step) => step.get("logits").shards[0]?.parts.at(-1));
    for (const end of ends) expect(end).toEqual({ ranks: [3], from: 141, to: 281 });
    await session.close();
  });

  test("with the replicas that shared its rows", async () => {
    const session = await Session.open(opt, { ...quiet, mesh: { data: 2, tensor: 2 } });
    const points = ["layers.0.attention.pattern", "embedding", "layers.0.residual.out[batch=1|2, unit=0]"];
    const hooks = [...points, "layers.1.residual.out[batch=2]"].map((point) => capture(point));
    const run = await session.forward([...rows, [2, 8, 3]], { hooks });
    const pattern = run.get("layers.0.attention.pattern");
    // Of three rows the first replica has two, on both of its ranks.
    const byRow = {
      axis: 0,
      parts: [
        { ranks: [0, 1], from: 0, to: 2 },
        { ranks: [2, 3], from: 2, to: 3 },
      ],
    };
    const byHead = {
      axis: 1,
      parts: [
        { ranks: [0, 2], from: 0, to: 2 },
        { ranks: [1, 3], from: 2, to: 4 },
      ],
    };
    expect(pattern.shards).toEqual([byRow, byHead]);
    expect(run.get("embedding").shards).toEqual([byRow]);
    expect(run.get("layers.0.residual.out").shards[0]?.parts).toEqual([
      { ranks: [0, 1], from: 0, to: 1 },
      { ranks: [2, 3], from: 1, to: 2 },
    ]);
    // A replica without a row of what was asked for is not named.
    const second = [{ axis: 0, parts: [{ ranks: [2, 3], from: 0, to: 1 }] }];
    expect(run.get("layers.1.residual.out").shards).toEqual(second);
    const { data } = bundleOf(pattern);
    expect(data["text/plain"]).toContain("split by batch: ranks 0, 1 0–1; ranks 2, 3 2");
    const { shards } = parseTensor(data[tensorType]);
    expect([ranksAt(shards, [1, 2, 0, 0]), ranksAt(shards, [2, 1, 0, 0])]).toEqual([[1], [2]]);
    const alone = await session.forward([2, 5], { hooks: [capture("embedding")] });
    expect(alone.get("embedding").shards).toEqual([{ axis: 0, parts: [{ ranks: [0, 1], from: 0, to: 1 }] }]);
    await session.close();
  });
});

describe("hook points", () => {
  test("are rows that also show as a tree", async () => {
    const session = await Session.open(opt, { ...quiet, mesh: { pipeline: 2, tensor: 2 } });
    const points = session.hookPoints("layers.*.attention.pattern");
    expect(points[0]).toMatchObject({
      name: "layers.0.attention.pattern",
      partition: "split by head",
      stage: 0,
      ranks: [0, 1],
    });
    expect(points.at(-1)).toMatchObject({ stage: 1, ranks: [2, 3] });
    expect(session.hookPoints("embedding")[0]).toMatchObject({ stage: 0, partition: "whole" });
    expect(session.hookPoints("logits")[0]).toMatchObject({ stage: 1, partition: "split by token" });
    expect(inspect(points)).toContain("split by head");
    const tree = parseHookTree(bundleOf(points).data[hookTreeType]);
    expect(pointsOf(tree.nodes).map(({ name }) => name)).toEqual(points.map(({ name }) => name));
    expect([tree.of, tree.stages]).toEqual([
      session.hookPoints().length,
      [
        [0, 1],
        [2, 3],
      ],
    ]);
    expect(() => session.hookPoints("nothing.*")).toThrow('no hook point "nothing.*": nearest is');
    await session.close();
  });

  test("show the hooks that are live when they are shown, as session.hooks does for the whole model", async () => {
    const session = await Session.open(opt, quiet);
    const points = session.hookPoints("layers.0.*");
    const marksAt = (shown: unknown, name: string) => {
      const { nodes, hooks } = parseHookTree(bundleOf(shown).data[hookTreeType]);
      const point = pointsOf(nodes).find((each) => each.name === name);
      return point?.marks.map(({ hook, path }) => ({ ...hooks[hook]!, path }));
    };
    const norm = "layers.0.attention.norm";
    expect(inspect(session.hooks)).toContain("hook points · no live hooks");
    expect(marksAt(points, norm)).toEqual([]);
    const watch = session.hooks.add(capture(norm), { groups: ["probe"], name: "watch" });
    const made = {
      name: "watch",
      kind: "capture",
      printed: `capture("${norm}")`,
      groups: ["probe"],
      path: null,
    };
    for (const shown of [points, session.hooks])
      expect(marksAt(shown, norm)).toEqual([{ ...made, enabled: true }]);
    watch.disable();
    for (const shown of [points, session.hooks])
      expect(marksAt(shown, norm)).toEqual([{ ...made, enabled: false }]);
    const module = points.find(({ name }) => name === "layers.0.mlp.output")!.aliases[0]!;
    session.hooks.add(
      edit(module, (x) => x),
      { name: "own" },
    );
    expect(marksAt(session.hooks, "layers.0.mlp.output")).toMatchObject([
      { name: "own", kind: "host edit", path: module },
    ]);
    session.hooks.add(skip("layers.1"), { name: "short" });
    const { nodes, hooks } = parseHookTree(bundleOf(session.hooks).data[hookTreeType]);
    const layer = nodes.find(({ name }) => name === "layers.1");
    expect(layer?.marks.map(({ hook }) => hooks[hook]!.name)).toEqual(["short"]);
    // A hook at none of the points shown is told all the same.
    expect(inspect(points)).toContain("at other points: short");
    session.hooks.clear();
    expect(marksAt(points, norm)).toEqual([]);
    expect(inspect(session.hooks)).toContain("no live hooks");
    await session.close();
  });
});

describe("finding a session again", () => {
  test("the same name and model attach to the same workers; every client is served", async () => {
    const first = await Session.open(opt, { ...quiet, name: "shared", devices: 2 });
    const pids = (await first.status()).ranks.map(({ pid }) => pid);
    const second = await Session.open(opt, { quiet: true, name: "shared" });
    expect((await second.status()).ranks.map(({ pid }) => pid)).toEqual(pids);
    expect((await second.status()).clients).toBe(2);
    const runs = await Promise.all([first, second, first, second].map((session) => session.forward(rows)));
    for (const run of runs) expect(run.logits).toEqual(runs[0]?.logits);
    first.detach();
    expect(await Session.list()).toMatchObject([
      { name: "shared", mesh: "pipeline 2 × tensor 1", clients: 1 },
    ]);
    await expect(first.forward(rows)).rejects.toThrow('session "shared" is closed');
    await second.close();
    expect(await Session.list()).toEqual([]);
    expect(pids.filter((pid) => isAlive(pid as number))).toEqual([]);
    await expect(second.forward(rows)).rejects.toThrow("is closed");
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
    expect(readdirSync(runtime)).toEqual(["dead"]);
    expect(await Session.list()).toEqual([]);
    expect(readdirSync(runtime)).toEqual([]);
    expect(shared(pid)).toEqual([]);
  });

  test("a session without clients ends itself", async () => {
    const session = await Session.open(opt, { ...quiet, name: "idle", idleMinutes: 0.01 });
    const { pid } = await session.status();
    session.detach();
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 10_000);
    expect(readdirSync(runtime)).toEqual([]);
  });
});

describe("faults", () => {
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
      step: { rows, select: "all", requests: [{ key: "logits", point: "logits", slices: [] }], edits: [] },
    });
    const parcels = () => shared(pid).flatMap((name) => readdirSync(join("/dev/shm", name)));
    await vi.waitFor(() => expect(parcels()).toHaveLength(1), 10_000);
    stranger.destroy();
    await vi.waitFor(() => expect(parcels()).toEqual([]), 10_000);
    await session.close();
  });
});

describe("privacy", () => {
  test("the folder is 0700, socket and token 0600, and a wrong token is refused", async () => {
    const session = await Session.open(opt, { ...quiet, name: "private" });
    const folder = sessionFolder("private");
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect([runtime, folder.path].map(mode)).toEqual(["700", "700"]);
    expect([folder.socket, folder.token, folder.order, folder.broker, folder.log].map(mode)).toEqual(
      new Array(5).fill("600"),
    );
    expect(mode(join(folder.path, "workers"))).toBe("600");
    const { pid, ranks } = await session.status();
    // Neither the command line nor, once it runs, the worker's own environment holds a token.
    const token = readFileSync(folder.token, "utf8");
    for (const each of [pid, ...ranks.map((rank) => rank.pid)])
      expect(readFileSync(`/proc/${each}/cmdline`, "utf8")).not.toContain(token);
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
    const open = join(runtime, "..", "open");
    mkdirSync(open, { mode: 0o755 });
    process.env["VITRAIL_RUNTIME_DIR"] = open;
    try {
      await expect(Session.open(opt, quiet)).rejects.toThrow(
        "is not private: it must belong to you, with mode 0700",
      );
    } finally {
      process.env["VITRAIL_RUNTIME_DIR"] = runtime;
      rmSync(open, { recursive: true });
    }
  });
});

describe("before anything starts", () => {
  test("impossible plans, names and folders are refused, and no process is started", async () => {
    for (const [options, message] of [
      [{ devices: 64 }, /^pipeline 64: more stages than the \d+ layers there are/],
      [{ mesh: { tensor: 3 } }, /^tensor 3: \d+ heads cannot be shared evenly/],
      [{ name: "../up" }, /^session name "\.\.\/up": use/],
      [{ idleMinutes: 0 }, /^idleMinutes 0: must be above 0/],
      [{ idleMinutes: Infinity }, /^idleMinutes Infinity: must be at most 35791/],
      [{ devices: ["tpu"] }, /^no device "tpu"/],
    ] as const)
      await expect(Session.open(opt, { ...quiet, ...options })).rejects.toThrow(message);
    expect(existsSync(runtime) ? readdirSync(runtime) : []).toEqual([]);
  });

  test("a socket path that is too long is refused with what to do", () => {
    process.env["VITRAIL_RUNTIME_DIR"] = join(runtime, "x".repeat(90));
    try {
      expect(() => sessionFolder("name")).toThrow(
        /is too long by \d+: set VITRAIL_RUNTIME_DIR to a shorter folder/,
      );
    } finally {
      process.env["VITRAIL_RUNTIME_DIR"] = runtime;
    }
  });

  test("the plan is printed, unless quiet", async () => {
    const print = vi.spyOn(console, "log").mockImplementation(() => {});
    try {
      const session = await Session.open(opt, { threads: 1, devices: 2 });
      expect(print.mock.calls.flat().join("\n")).toContain("pipeline 2 × tensor 1 on 2 × cpu");
      expect(session.plan).toContain("stage 1: ");
      await session.close();
    } finally {
      print.mockRestore();
    }
  });

  test("names of sessions that are not there are said with those that are", async () => {
    await expect(sessionStatus("none")).rejects.toThrow('no session "none": none is open');
    const session = await Session.open(opt, { ...quiet, name: "here" });
    await expect(closeSession("none")).rejects.toThrow('no session "none": open: here');
    expect(await sessionStatus("here")).toMatchObject({ name: "here", state: "ready", clients: 1 });
    await session.close();
  });

  test("a name whose opener died before the broker listened can be used again", async () => {
    const child = spawn("true");
    await new Promise((resolve) => child.once("exit", resolve));
    const { path, broker } = sessionFolder("half");
    mkdirSync(path, { recursive: true, mode: 0o700 });
    writeFileSync(broker, JSON.stringify({ pid: child.pid }));
    expect(await BrokerClient.connect("half")).toBeUndefined();
    expect(existsSync(path)).toBe(false);
  });
});
