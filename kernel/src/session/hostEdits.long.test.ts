import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bundleOf, type Displayable } from "../display/index.js";
import { add, capture, edit, scale, trainable } from "../hooks/index.js";
import type { Dense, HostContext, HostFunction } from "../hooks/index.js";
import { CancelledError } from "./cancelled.js";
import { Session } from "./session.js";
import { gpt2, opt, ownRuntime, quiet, rows } from "./sessions.fixture.js";
import type { Hook, OpenOptions } from "./types.js";

ownRuntime();

const times =
  (factor: number): HostFunction =>
  (x) =>
    x.data.map((value) => value * factor);
const logits = async (session: Session, hooks: readonly Hook[]) =>
  (await session.forward(rows, { hooks })).logits!;
const away = (a: Dense, b: Dense) => Math.max(...a.data.map((value, i) => Math.abs(value - b.data[i]!)));

/** Files that a session's broker or its workers made and nobody removed. */
function parcels(pid: number): string[] {
  const shared = readdirSync("/dev/shm").filter((name) => name.startsWith(`vitrail-${pid}-`));
  return shared
    .flatMap((name) => readdirSync(join("/dev/shm", name)))
    .filter((name) => name.endsWith(".parcel"));
}

describe("a host edit", () => {
  test("is called once for each point and pass, and told where it is", async () => {
    const session = await Session.open(opt, { ...quiet, mesh: { pipeline: 2, tensor: 2 } });
    const calls: Omit<HostContext, "saved" | "signal" | "trained">[] = [];
    const shapes: string[] = [];
    const look: HostFunction = (x, { point, layer, step, lengths }) => {
      calls.push({ point, layer, step, lengths });
      shapes.push(x.shape.join());
      return x;
    };
    const units = (await session.forward(rows, { hooks: [edit("layers.*.mlp.hidden", look)] })).logits;
    expect(away(units!, await logits(session, []))).toBe(0);
    expect(calls).toEqual(
      [0, 1, 2].map((layer) => ({ point: `layers.${layer}.mlp.hidden`, layer, step: 0, lengths: [5, 2] })),
    );
    expect(shapes).toEqual(Array(3).fill("2,5,96"));

    // What it was given can be kept, and shows in a cell.
    await session.forward(rows, { hooks: [edit("norm", (x, { saved }) => (saved.set("norm", x), x))] });
    const { data } = bundleOf(session.saved.get("norm") as Displayable);
    expect(Object.keys(data)).toEqual(expect.arrayContaining(["image/png", "text/plain"]));
    expect(data["text/plain"]).toMatch(/^norm/);

    // What trained modules take part is there to read.
    const b = Float32Array.from({ length: 96 }, (_, i) => i);
    const seen: HostContext["trained"][] = [];
    await session.forward(rows, {
      hooks: [
        edit(
          "layers.0.mlp.hidden",
          trainable("shift", { b }, (x, p) => x.add(p.b)),
        ),
        edit("norm", (x, { trained }) => (seen.push(trained), x)),
      ],
    });
    expect(seen).toEqual([{ shift: { b: { shape: [96], data: b } } }]);

    calls.length = 0;
    await session.generate(rows, {
      maxTokens: 4,
      hooks: [edit("norm", look, { steps: [0, { from: 2, to: 4 }] })],
    });
    expect(calls.map(({ step, lengths }) => [step, ...lengths])).toEqual([
      [0, 5, 2],
      [2, 1, 1],
      [3, 1, 1],
    ]);

    calls.length = 0;
    await session.score([2, 5, 9], [[4, 3], [7]], { hooks: [edit("norm", look)] });
    expect(calls.map(({ step }) => step)).toEqual([0, 1]);
  });

  test("acts though nothing later is asked for", async () => {
    const session = await Session.open(opt, { ...quiet, devices: 2 });
    const points: string[] = [];
    const look: HostFunction = (x, { point }) => (points.push(point), x);
    await session.forward(rows, { logits: "none", hooks: [edit("layers.1.residual.out", look)] });
    expect(points).toEqual(["layers.1.residual.out"]);
  });

  test("takes its turn among the edits of a point, and captures say before or after", async () => {
    const session = await Session.open(opt, { ...quiet, mesh: { tensor: 2 }, collectives: "socket" });
    const point = "layers.0.mlp.hidden";
    const [twice, once] = [edit(point, times(2)), edit(point, add([1]))];
    const both = [capture(point), capture(point, { when: "before" })];
    const run = await session.forward(rows, { hooks: [once, twice, ...both] });
    const turned = await session.forward(rows, { hooks: [twice, once, ...both] });
    const before = run.get(`${point}@before`).data;
    expect(run.get(point).data).toEqual(before.map((x) => Math.fround(x + 1) * 2));
    expect(turned.get(point).data).toEqual(before.map((x) => Math.fround(x * 2) + 1));
    expect(away(run.logits!, turned.logits!)).toBeGreaterThan(1e-2);
    const three = await logits(session, [edit(point, times(2)), edit(point, times(3))]);
    expect(away(three, await logits(session, [edit(point, scale(6))]))).toBeLessThan(1e-5);
  });

  test("never shares its memory with a capture", async () => {
    const session = await Session.open(opt, quiet);
    const point = "layers.0.residual.out";
    const plain = (await session.forward(rows, { hooks: [capture(point)] })).get(point).data;
    let given: Dense | undefined;
    const inPlace: HostFunction = (x) => {
      x.data.forEach((value, i) => (x.data[i] = 2 * value));
      given = x;
      return x;
    };
    const run = await session.forward(rows, {
      hooks: [capture(point, { when: "before" }), edit(point, inPlace), capture(point)],
    });
    given!.data.fill(7);
    expect(run.get(`${point}@before`).data).toEqual(plain);
    expect(run.get(point).data).toEqual(plain.map((x) => 2 * x));
  });

  test("keeps what it saves for other hooks and later runs, until that is cleared", async () => {
    const session = await Session.open(opt, quiet);
    const save = edit("layers.0.residual.out", (x, { saved }) => (saved.set("first", x.data.slice()), x));
    const use = edit("layers.1.residual.out", (x, { saved }) => {
      const first = saved.get("first") as Float32Array;
      return x.data.map((value, i) => value + first[i]!);
    });
    const bare = await logits(session, []);
    const together = await logits(session, [save, use]);
    expect(away(together, bare)).toBeGreaterThan(1e-2);
    expect(away(await logits(session, [use]), together)).toBe(0);
    expect([...session.saved.keys()]).toEqual(["first"]);
    session.saved.clear();
    await expect(logits(session, [use])).rejects.toThrow(TypeError);
  });
});

test("what a host edit began may run the session when the edit is over", async () => {
  const session = await Session.open(opt, quiet);
  const bare = await logits(session, []);
  let ended = () => {};
  const over = new Promise<void>((resolve) => (ended = resolve));
  let later: Promise<Dense> | undefined;
  const begins = edit("norm", (x) => {
    later = over.then(() => logits(session, []));
    return x;
  });
  await logits(session, [begins]);
  ended();
  expect(away(await later!, bare)).toBe(0);
});

test("a session is not run within a host edit of its own, also by way of another session's", async () => {
  const [session, other] = [await Session.open(opt, quiet), await Session.open(gpt2, quiet)];
  const back = edit("norm", async (x) => ((await session.forward(rows)).tokens.length, x));
  const through = edit(
    "norm",
    async (x) => ((await other.forward(rows, { hooks: [back] })).tokens.length, x),
  );
  await expect(logits(session, [through])).rejects.toThrow(
    "a host edit cannot run the session that waits for it",
  );
  const within = edit("norm", async (x) => ((await other.forward(rows)).tokens.length, x));
  expect(away(await logits(session, [within]), await logits(session, []))).toBe(0);
});

describe("a host edit that fails fails its run only", () => {
  const hidden = "layers.1.mlp.hidden";
  const meshes: [string, OpenOptions][] = [
    ["one process", {}],
    ["pipeline 2 × tensor 2", { mesh: { pipeline: 2, tensor: 2 } }],
  ];
  test.each(meshes)("%s", async (_, options) => {
    const session = await Session.open(opt, { ...quiet, ...options });
    const { pid, ranks } = await session.status();
    const bare = await logits(session, []);
    const boom = new RangeError("boom");
    const hooks = [
      edit(hidden, () => {
        throw boom;
      }),
    ];
    const thrown = await session.forward(rows, { hooks }).catch((error: unknown) => error);
    expect(thrown).toBe(boom);
    expect(boom.message).toBe(`edit "${hidden}": boom`);
    expect(boom.stack).toContain(`edit "${hidden}": boom\n`);
    const text = edit("layers.*.norm", () => Promise.reject("no error"));
    await expect(logits(session, [{ ...text, selector: "{norm,logits}" }])).rejects.toMatchObject({
      message: 'edit "{norm,logits}" at norm threw no error',
      cause: "no error",
    });

    const wrong: [unknown, string][] = [
      [undefined, "undefined"],
      [3, "3"],
      [new Float32Array(3), "Float32Array of 3"],
      [new Float64Array(960), "Float64Array of 960"],
      [
        { shape: [5, 2, 96], data: new Float32Array(960) },
        "a tensor of shape [5, 2, 96] with Float32Array of 960",
      ],
    ];
    for (const [result, name] of wrong)
      await expect(logits(session, [edit(hidden, () => result as Float32Array)])).rejects.toThrow(
        `edit "${hidden}" returned ${name}: it must be a tensor of shape [2, 5, 96] or a Float32Array of 960, what is selected of ${hidden} [batch, position, unit 96], between layers.1.mlp.pre and layers.1.mlp.output`,
      );
    await expect(
      logits(session, [edit(hidden, async (x) => ((await session.forward(rows)).tokens.length, x))]),
    ).rejects.toThrow("a host edit cannot run the session that waits for it");
    // Another client of the same workers would wait just as long.
    const other = await Session.open(opt, { ...quiet, ...options, name: session.name });
    await expect(
      logits(session, [edit(hidden, async (x) => ((await other.forward(rows)).tokens.length, x))]),
    ).rejects.toThrow("a host edit cannot run the session that waits for it");
    other.detach();

    expect(away(await logits(session, []), bare)).toBe(0);
    expect(away(await logits(session, [edit(hidden, times(2))]), bare)).toBeGreaterThan(1e-2);
    expect((await session.status()).ranks.map((rank) => rank.pid)).toEqual(ranks.map((rank) => rank.pid));
    expect(parcels(pid)).toEqual([]);
  });

  test("a run that is given up meanwhile ends, and tells the function", async () => {
    const session = await Session.open(opt, { ...quiet, mesh: { tensor: 2 } });
    const { pid, ranks } = await session.status();
    const bare = await logits(session, []);
    const controller = new AbortController();
    let told = false;
    const hang: HostFunction = (x, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => ((told = true), resolve(x)));
        controller.abort();
      });
    const run = session.forward(rows, { hooks: [edit(hidden, hang)], signal: controller.signal });
    await expect(run).rejects.toThrow(CancelledError);
    expect(told).toBe(true);
    expect(away(await logits(session, []), bare)).toBe(0);
    expect((await session.status()).ranks.map((rank) => rank.pid)).toEqual(ranks.map((rank) => rank.pid));
    expect(parcels(pid)).toEqual([]);
  });

  test("a worker that dies meanwhile is started again", async () => {
    const session = await Session.open(opt, quiet);
    const bare = await logits(session, []);
    const [rank] = (await session.status()).ranks;
    const kill: HostFunction = async (x, { signal }) => {
      process.kill(rank!.pid!, "SIGKILL");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return x;
    };
    await expect(logits(session, [edit(hidden, kill)])).rejects.toThrow("was killed by SIGKILL");
    expect(away(await logits(session, []), bare)).toBe(0);
    expect(parcels((await session.status()).pid)).toEqual([]);
  });
});
