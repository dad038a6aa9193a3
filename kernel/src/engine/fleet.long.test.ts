import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openModel, type Model } from "../models/model.js";
import { Fleet, type FleetOptions } from "./fleet.js";
import { isAlive } from "./launch/leftovers.js";
import { entriesOf } from "./parcel/entries.js";
import { takeParcel } from "./parcel/reader.js";
import { inspectHost } from "./plan/host.js";
import { plan, type PlanRequest } from "./plan/plan.js";
import type { ForwardStep } from "./wire/messages.js";
import { requestsOf, requestsText } from "./wire/requests.js";

const checkpoint = fileURLToPath(new URL("../../../test/goldens/checkpoints/opt", import.meta.url));
let folder: string;
let model: Model;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fleet-"));
  model = await openModel(checkpoint);
});
afterAll(() => rmSync(folder, { recursive: true }));

const rows = [
  [2, 5, 9, 11, 4],
  [2, 7],
];
const ask = (...points: string[]): ForwardStep => ({
  rows,
  select: "all",
  requests: requestsText(points.map((point) => ({ key: point, point, slices: [] }))),
  edits: [],
});
const everything = ask("embedding", "layers.0.attention.pattern", "layers.1.residual.out", "logits");

function open(request: PlanRequest, more: Partial<FleetOptions> = {}): Fleet {
  const { dimensions, layerBytes, embedBytes, headBytes, weightBytes, checkpoint } = model;
  const { layers } = dimensions;
  const size = { layers, layerBytes, embedBytes, headBytes, weightBytes, float32Bytes: weightBytes };
  const { fingerprint } = checkpoint;
  return new Fleet({
    folder,
    model: { folder: checkpoint.folder, fingerprint },
    plan: plan(size, { threads: 1, ...request }, inspectHost()),
    ...more,
  });
}

/** What one rank after another returned, by point. */
async function read(results: Awaited<ReturnType<Fleet["run"]>>): Promise<Map<string, Float32Array[]>> {
  const values = new Map<string, Float32Array[]>();
  for (const { parcel } of results)
    for (const [name, { data }] of await takeParcel(parcel))
      values.set(name, [...(values.get(name) ?? []), data as Float32Array]);
  return values;
}

/** Whether a worker has mapped memory that others share; its name is gone once all have. */
const sharesMemory = (pid: number) => readFileSync(`/proc/${pid}/maps`, "utf8").includes("/dev/shm/vitrail-");

/** Files of this process that are not gone. */
function leftovers(): string[] {
  const shared = existsSync("/dev/shm") ? readdirSync("/dev/shm") : [];
  return [...shared.filter((name) => name.startsWith(`vitrail-${process.pid}-`)), ...readdirSync(folder)];
}

test("a pipeline and a tensor group give what one process gives, and nothing is left", async () => {
  const found: Map<string, Float32Array[]>[] = [];
  for (const request of [
    {},
    { devices: 2 },
    { mesh: { tensor: 2 } },
    { mesh: { tensor: 2 }, collectives: "socket" },
  ] as const) {
    const fleet = open(request);
    const pids: number[] = [];
    try {
      await fleet.launch();
      pids.push(...fleet.status().map(({ pid }) => pid as number));
      found.push(await read(await fleet.run(everything)));
      const isShared = "mesh" in request && !("collectives" in request);
      if (process.platform === "linux") expect(pids.map(sharesMemory)).toEqual(pids.map(() => isShared));
      // Asked for less, later stages do not run.
      expect((await read(await fleet.run(ask("embedding")))).get("embedding")).toEqual([
        found[0]?.get("embedding")?.[0],
      ]);
      expect(await fleet.run(ask())).toEqual([]);
    } finally {
      await fleet.close();
    }
    expect(pids.filter(isAlive)).toEqual([]);
  }
  const [one, pipeline, tensor, sockets] = found;
  expect(pipeline).toEqual(one);
  expect(sockets).toEqual(tensor);
  const whole = one?.get("layers.1.residual.out")?.[0] as Float32Array;
  const summed = tensor?.get("layers.1.residual.out")?.[0] as Float32Array;
  expect(Math.max(...whole)).toBeGreaterThan(0.1);
  expect(Math.max(...whole.map((value, i) => Math.abs(value - (summed[i] as number))))).toBeLessThan(1e-5);
  expect(tensor?.get("layers.0.attention.pattern")).toHaveLength(2);
  expect(leftovers()).toEqual([]);
});

test("a killed worker fails the running call with one line, and the next call starts all anew", async () => {
  const fleet = open({ devices: 2 });
  try {
    await fleet.launch();
    const victim = fleet.status()[1];
    const others = fleet.status()[0]?.pid as number;
    const running = fleet.run(everything);
    process.kill(victim?.pid as number, "SIGKILL");
    await expect(running).rejects.toThrow(
      new RegExp(`^rank 1 \\(pid ${victim?.pid}, cpu, stage 1\\) was killed by SIGKILL while [^\\n]*$`),
    );
    expect(fleet.state).toBe("down");
    const again = await read(await fleet.run(everything));
    expect(again.get("logits")).toHaveLength(1);
    expect(isAlive(others)).toBe(false);
  } finally {
    await fleet.close();
  }
  expect(leftovers()).toEqual([]);
});

test("a killed tensor rank does not hang its peer", async () => {
  const fleet = open({ mesh: { tensor: 2 } });
  try {
    await fleet.launch();
    const running = fleet.run(everything);
    process.kill(fleet.status()[1]?.pid as number, "SIGKILL");
    await expect(running).rejects.toThrow(/^rank 1 .* was killed by SIGKILL/);
  } finally {
    await fleet.close();
  }
  expect(leftovers()).toEqual([]);
});

test.each(["sharedMemory", "socket"] as const)(
  "a rank that fails before its replicas meet ends the step on all of them (%s)",
  async (collectives) => {
    const fleet = open({ mesh: { data: 2, tensor: 2 }, collectives });
    const meeting: ForwardStep = {
      ...everything,
      edits: [
        {
          key: "e0",
          point: "layers.1.mlp.hidden",
          slices: [],
          intervention: { kind: "mean", over: ["batch", "position"] },
        },
      ],
    };
    // Only the second replica has a row that is too short for it.
    const slices = [{ axis: 1, entries: { kind: "range" as const, from: -4, to: null } }];
    const short = { key: "short", point: "layers.0.residual.out", slices };
    try {
      const before = await read(await fleet.run(meeting));
      expect(before.get("embedding")).toHaveLength(2);
      expect(before.get("layers.0.attention.pattern")).toHaveLength(4);
      const { pid } = fleet.status()[3]!;
      const requests = requestsText([short, ...requestsOf(meeting.requests)]);
      await expect(fleet.run({ ...meeting, requests })).rejects.toThrow(
        "rank 2: position -4: is empty or outside the 2 tokens of row 1",
      );
      expect(await read(await fleet.run(meeting))).toEqual(before);
      expect(fleet.status()[3]!.pid).toBe(pid);
    } finally {
      await fleet.close();
    }
    expect(leftovers()).toEqual([]);
  },
);

test("workers that keep dying are not started for ever", async () => {
  const fleet = open({});
  try {
    for (let death = 0; death < 4; death++) {
      await fleet.launch();
      const running = fleet.run(everything);
      process.kill(fleet.status()[0]?.pid as number, "SIGKILL");
      await expect(running).rejects.toThrow("rank 0");
    }
    await expect(fleet.run(everything)).rejects.toThrow("workers died 4 times within ten minutes");
  } finally {
    await fleet.close();
  }
});

test("what is chosen of a value is all that leaves the ranks that hold it", async () => {
  const fleet = open({ mesh: { pipeline: 2, tensor: 2 } });
  const range = (axis: number, from: number, to: number | null) => ({
    axis,
    entries: { kind: "range" as const, from, to },
  });
  const chosen = [
    { key: "head", point: "layers.0.attention.pattern", slices: [range(1, 3, 4), range(2, -1, null)] },
    { key: "units", point: "layers.0.mlp.hidden", slices: [range(2, 40, 60)] },
    { key: "shared", point: "layers.0.residual.out", slices: [range(1, 0, 1)] },
    { key: "later", point: "layers.2.residual.out", slices: [range(2, 7, 8)] },
  ];
  try {
    await fleet.launch();
    const results = await fleet.run({ ...everything, requests: requestsText(chosen) });
    const left = results.map(({ stage, tensorRank, parcel }) => ({
      rank: [stage, tensorRank],
      shapes: Object.fromEntries(entriesOf(parcel).map(({ name, shape }) => [name, shape])),
      bytes: statSync(parcel.path).size,
    }));
    // Of 4 heads and 96 units each tensor rank holds half; what both hold whole, the first one tells.
    expect(left).toEqual([
      { rank: [0, 0], shapes: { units: [2, 5, 8], shared: [2, 1, 40] }, bytes: 4 * (2 * 5 * 8 + 2 * 40) },
      { rank: [0, 1], shapes: { head: [2, 1, 1, 5], units: [2, 5, 12] }, bytes: 4 * (2 * 5 + 2 * 5 * 12) },
      { rank: [1, 0], shapes: { later: [2, 5, 1] }, bytes: 4 * 2 * 5 },
    ]);
    const parts = await read(results);
    const whole = await read(await fleet.run(ask("layers.0.mlp.hidden")));
    const cut = whole
      .get("layers.0.mlp.hidden")!
      .map((held, rank) => held.filter((_, i) => (rank === 0 ? i % 48 >= 40 : i % 48 < 12)));
    expect(parts.get("units")).toEqual(cut);
  } finally {
    await fleet.close();
  }
  expect(leftovers()).toEqual([]);
});

test("a cancelled step ends between segments; workers and their memory stay", async () => {
  const place = mkdtempSync(join(tmpdir(), "segments-"));
  const [begun, go] = [join(place, "begun"), join(place, "go")];
  // Every segment that a worker runs is written down, and waits until `go` is there. No other function of onnxruntime takes eight values.
  const text = `
    import { createRequire } from "node:module";
    import { appendFileSync, existsSync } from "node:fs";
    import { isMainThread } from "node:worker_threads";
    if (isMainThread && process.env.VITRAIL_WORKER) {
      const koffi = createRequire(${JSON.stringify(import.meta.url)})("koffi");
      const { decode } = koffi;
      const clock = new Int32Array(new SharedArrayBuffer(4));
      koffi.decode = Object.assign((...asked) => {
        const decoded = decode(...asked);
        if (decoded?.info?.arguments.length !== 8) return decoded;
        return (...given) => {
          appendFileSync(${JSON.stringify(begun)}, "+");
          while (!existsSync(${JSON.stringify(go)})) Atomics.wait(clock, 0, 0, 10);
          return decoded(...given);
        };
      }, decode);
    }`;
  const outer = process.env["NODE_OPTIONS"];
  process.env["NODE_OPTIONS"] = `--import=data:text/javascript,${encodeURIComponent(text)}`;
  const segments = () => (existsSync(begun) ? readFileSync(begun, "utf8").length : 0);
  const fleet = open({});
  try {
    await fleet.launch();
    const before = fleet.status().map(({ pid }) => pid);
    const abort = new AbortController();
    const running = fleet.run(everything, abort.signal);
    running.catch(() => {});
    await vi.waitFor(() => expect(segments()).toBe(1), 10_000);
    abort.abort();
    await new Promise((resolve) => setTimeout(resolve, 50));
    writeFileSync(go, "");
    await expect(running).rejects.toThrow(/^cancelled$/);
    // What comes during the first is heard after it, or after the one that follows at once.
    const cancelled = segments();
    expect(cancelled).toBeLessThanOrEqual(2);
    // The same step has more of them when nobody gives it up, and runs in the same workers.
    expect((await read(await fleet.run(everything))).get("logits")).toHaveLength(1);
    expect(segments() - cancelled).toBeGreaterThan(2);
    expect(fleet.status().map(({ pid }) => pid)).toEqual(before);
    await expect(fleet.run(everything, AbortSignal.abort())).rejects.toThrow("cancelled");
  } finally {
    if (outer === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = outer;
    await fleet.close();
    rmSync(place, { recursive: true });
  }
  expect(leftovers()).toEqual([]);
});

test("a worker that does not hear a cancel is ended after ten seconds; the next call starts it anew", async () => {
  const fleet = open({ devices: 2 });
  try {
    await fleet.launch();
    const [first] = fleet.status();
    process.kill(first?.pid as number, "SIGSTOP");
    const abort = new AbortController();
    const running = fleet.run(everything, abort.signal);
    running.catch(() => {});
    await vi.waitFor(() => expect(fleet.status()[0]?.state).toBe("busy"));
    abort.abort();
    await expect(running).rejects.toThrow(/^cancelled$/);
    expect((await read(await fleet.run(everything))).get("logits")).toHaveLength(1);
    expect(isAlive(first?.pid as number)).toBe(false);
  } finally {
    await fleet.close();
  }
  expect(leftovers()).toEqual([]);
});

test("a silent worker is lost in one line, and its peer that waits for it just as long is not", async () => {
  const fleet = open({ mesh: { tensor: 2 }, collectives: "sharedMemory" }, { longestSilence: 5 });
  try {
    await fleet.launch();
    const pid = fleet.status()[1]?.pid as number;
    process.kill(pid, "SIGSTOP");
    // The other one sleeps in the sum, and hears and says nothing but through its helper thread.
    await expect(fleet.run(everything)).rejects.toThrow(
      new RegExp(
        `^rank 1 \\(pid ${pid}, cpu, stage 0\\) did not answer for 5 s while running a forward pass$`,
      ),
    );
    expect((await read(await fleet.run(everything))).get("logits")).toHaveLength(2);
  } finally {
    await fleet.close();
  }
  expect(leftovers()).toEqual([]);
});

test("a worker that computes for longer than the longest silence is not lost: its helper thread speaks", async () => {
  // A native call that keeps the main thread for eight seconds, whatever the machine: it begins with a signal.
  const wait = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 8000)";
  const text = `import { isMainThread } from "node:worker_threads"; if (isMainThread) process.on("SIGUSR2", () => ${wait});`;
  const before = process.env["NODE_OPTIONS"];
  process.env["NODE_OPTIONS"] = `--import=data:text/javascript,${encodeURIComponent(text)}`;
  const fleet = open({}, { longestSilence: 5 });
  try {
    await fleet.launch();
    const pid = fleet.status()[0]?.pid as number;
    const since = performance.now();
    process.kill(pid, "SIGUSR2");
    expect((await read(await fleet.run(everything))).get("logits")).toHaveLength(1);
    expect(performance.now() - since).toBeGreaterThan(7000);
    expect(fleet.status()[0]?.pid).toBe(pid);
  } finally {
    if (before === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = before;
    await fleet.close();
  }
});

test("a checkpoint that is not the planned one is refused by the workers, and none stays", async () => {
  const fleet = open({});
  const planned = { folder: checkpoint, fingerprint: "another" };
  await fleet.close();
  const other = new Fleet({
    folder,
    model: planned,
    plan: plan(
      { ...model, layers: model.dimensions.layers, float32Bytes: model.weightBytes },
      {},
      inspectHost(),
    ),
  });
  try {
    await expect(other.launch()).rejects.toThrow(
      /^rank 0 could not load: .* has changed since the session was planned$/,
    );
    expect(other.status().map(({ state }) => state)).toEqual(["lost"]);
  } finally {
    await other.close();
  }
  expect(leftovers()).toEqual([]);
});

test("of a worker that V8 ends the error says why, and not the box around it", async () => {
  const text = `
    if (process.env.VITRAIL_WORKER) {
      process.stderr.write("\\n#\\n# Fatal process OOM in CodeRange\\n#\\n", () => process.kill(process.pid, "SIGTRAP"));
    }`;
  const before = process.env["NODE_OPTIONS"];
  process.env["NODE_OPTIONS"] = `--import=data:text/javascript,${encodeURIComponent(text)}`;
  const fleet = open({});
  try {
    await expect(fleet.launch()).rejects.toThrow(
      /^rank 0 \(pid \d+, cpu, stage 0\) was ended by SIGTRAP while \w+: Fatal process OOM in CodeRange$/,
    );
  } finally {
    if (before === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = before;
    await fleet.close();
  }
});
