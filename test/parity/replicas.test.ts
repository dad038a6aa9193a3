import { expect, it, vi } from "vitest";
import type { Edit, Session } from "../../kernel/src/index.js";
import { distance } from "./closeness.js";
import { readGolden, type Values } from "./goldens.js";
import { observed, returnedLogits, vitrail, withSession } from "./sessions.js";

const { CancelledError, add, capture, edit, keep, mean, scale, set, traced, zero } = vitrail;

/** Numbers that come from the same weights and tokens by another road. */
const same = 1e-5;
const { folder, rows: goldenRows } = readGolden("llama-grouped");
const ids = goldenRows.map((row) => row.ids);
const longest = ids.toSorted((a, b) => b.length - a.length)[0]!;
/** Ragged, the longest row in the middle, so that most replicas hold only shorter ones. */
const rows = [longest.slice(0, 3), longest.slice(2, 7), longest, longest.slice(1, 5), longest.slice(4, 6)];
/** With how many rows each is tried: fewer, as many and more than replicas. */
const meshes = {
  "data 2": { counts: [1, 2, 3, 5], mesh: { data: 2 } },
  "data 2 × tensor 2": { counts: [1, 5], mesh: { data: 2, tensor: 2 } },
  "pipeline 2 × data 2": { counts: [1, 3], mesh: { pipeline: 2, data: 2 } },
};

const point = "layers.0.residual.out";
const hidden = "layers.1.mlp.hidden";

function vector(units: number): Float32Array {
  return Float32Array.from({ length: units }, (_, i) => Math.sin(i * 1.3));
}

/** Edits of every kind. */
function edits(units: number): Record<string, Edit> {
  return {
    zero: edit("layers.1.attention.output", zero()),
    scale: edit(`${point}[position=-1]`, scale(1.5)),
    add: edit(point, add(vector(units))),
    keepHead: edit("layers.0.attention.z[head=1]", keep()),
    meanInRows: edit("layers.1.attention.output", mean(["position"])),
    row: edit(`${point}[batch=-1, position=0]`, set(vector(units))),
    meanOfBatch: edit(point, mean(["batch", "position"])),
    meanOfUnits: edit(hidden, mean(["batch"])),
    traced: edit(
      hidden,
      traced((x) => x.add(x.mul(x.sum([0], true)))),
    ),
    // Each row takes the place of the one that mirrors it, which another replica holds; and one part of one row.
    host: edit(hidden, ({ data, shape }) => {
      const [batch, size] = [shape[0]!, data.length / shape[0]!];
      return data.map((value, i) => value + data[(batch - 1 - Math.floor(i / size)) * size + (i % size)]!);
    }),
    hostPart: edit(`${hidden}[batch=-1, unit=2:9, position=-2:]`, ({ data }) =>
      data.map((value, i) => 3 * value + i),
    ),
    tracedPattern: edit(
      "layers.1.attention.pattern",
      traced((x) => x.sub(x.mean([0], true).mul(0.5))),
    ),
  };
}

/** Logits, and the value at one point behind every edit. */
async function outcome(session: Session, count: number, hooks: readonly Edit[]): Promise<Values[]> {
  const run = await session.forward(rows.slice(0, count), { hooks: [...hooks, capture("norm")] });
  return [returnedLogits(run), run.get("norm")];
}

it("captures and edits are those of one process, with fewer and with more rows than replicas", async () => {
  await withSession(folder, {}, async (one) => {
    const units = (await one.forward([[3]], { hooks: [capture(point)] })).get(point).shape[2]!;
    const all = edits(units);
    const wanted = new Map<number, { whole: ReturnType<typeof observed>; edited: Map<string, Values[]> }>();
    for (const count of meshes["data 2"].counts) {
      const whole = observed(await one.forward(rows.slice(0, count), { hooks: [capture("*")] }));
      const bare = await outcome(one, count, []);
      const edited = new Map<string, Values[]>();
      for (const [name, change] of Object.entries(all)) {
        const values = await outcome(one, count, [change]);
        edited.set(name, values);
        const moved = Math.max(...values.map((value, i) => distance(value, bare[i]!)));
        // The mean over one row is that row.
        if (count > 1 || name !== "meanOfUnits")
          expect(moved, `${name} moves ${count} rows`).toBeGreaterThan(1e-2);
      }
      wanted.set(count, { whole, edited });
    }
    // One edit behind another, each of them over all rows, and a capture that chooses among the rows of all replicas.
    const both = [all["scale"]!, all["tracedPattern"]!, all["meanOfUnits"]!];
    const chosen = { hooks: [...both, capture(`${hidden}[batch=1|4, position=-2:]`)] };
    const several = await one.forward(rows, chosen);
    for (const [label, { counts, mesh }] of Object.entries(meshes)) {
      await withSession(folder, { mesh }, async (session) => {
        for (const count of counts) {
          const { whole, edited } = wanted.get(count)!;
          const parts = observed(await session.forward(rows.slice(0, count), { hooks: [capture("*")] }));
          expect([...parts.keys()]).toEqual([...whole.keys()]);
          for (const [name, value] of parts) {
            expect(value.shape, name).toEqual(whole.get(name)!.shape);
            const away = distance(value, whole.get(name)!);
            expect(away, `${name} of ${count} rows on ${label}`).toBeLessThanOrEqual(same);
          }
          for (const [name, change] of Object.entries(all)) {
            const got = await outcome(session, count, [change]);
            got.forEach((value, i) => {
              const away = distance(value, edited.get(name)![i]!);
              expect(away, `${name} of ${count} rows on ${label}`).toBeLessThanOrEqual(same);
            });
          }
        }
        const got = await session.forward(rows, chosen);
        expect(got.get(hidden).shape).toEqual(several.get(hidden).shape);
        expect(distance(got.get(hidden), several.get(hidden))).toBeLessThanOrEqual(same);
        expect(distance(got.logits!, several.logits!)).toBeLessThanOrEqual(same);
      });
    }
  });
});

it("a mean over the batch is that of all replicas' tokens", async () => {
  await withSession(folder, { mesh: { data: 2 }, collectives: "socket" }, async (session) => {
    const run = await session.forward(rows, {
      hooks: [edit(point, mean(["batch", "position"])), capture(point, { when: "before" }), capture(point)],
    });
    const { data, shape } = run.get(`${point}@before`);
    const [, positions, units] = shape as [number, number, number];
    const tokens = rows.flatMap((row, b) => row.map((_, p) => (b * positions + p) * units));
    const average = Float32Array.from(
      { length: units },
      (_, unit) => tokens.reduce((sum, at) => sum + data[at + unit]!, 0) / tokens.length,
    );
    const after = run.get(point).data;
    for (const at of tokens) average.forEach((value, unit) => expect(after[at + unit]).toBeCloseTo(value, 5));
  });
});

it("generations and scores are those of one process, also by one row, and with edits over rows", async () => {
  const hooks = [
    edit(
      hidden,
      traced((x) => x.add(x.mean([0], true))),
      { steps: [1, { from: 3 }] },
    ),
    edit("norm", ({ data }) => data.map((x, i) => x * (1.2 + 0.1 * Math.sin(i))), { steps: [2] }),
    capture("logits"),
  ];
  const forced = [[5, 6, 7, 8, 9], [9], [4, 3, 2, 1], [11, 12], [8, 8, 8]];
  await withSession(folder, {}, async (one) => {
    for (const { mesh, counts } of [
      { ...meshes["data 2"], counts: [1, 5] },
      { ...meshes["data 2 × tensor 2"], counts: [2] },
    ]) {
      await withSession(folder, { mesh }, async (session) => {
        for (const count of counts) {
          const prompts = rows.slice(0, count);
          const wanted = await one.generate(prompts, { forced: forced.slice(0, count), hooks });
          const got = await session.generate(prompts, { forced: forced.slice(0, count), hooks });
          expect(got.steps.length).toBe(wanted.steps.length);
          got.steps.forEach((step, i) =>
            expect(
              distance(step.get("logits"), wanted.steps[i]!.get("logits")),
              `step ${i}`,
            ).toBeLessThanOrEqual(same),
          );
          const plain = await session.generate(prompts, { maxTokens: 6, temperature: 1, seed: 3 });
          const alone = await one.generate(prompts, { maxTokens: 6, temperature: 1, seed: 3 });
          expect(plain.rows).toEqual(alone.rows);
        }
        const [ours, theirs] = [await session.score([rows[2]!], forced), await one.score([rows[2]!], forced)];
        ours.scores.forEach(({ total }, i) => expect(total).toBeCloseTo(theirs.scores[i]!.total, 4));
        const kept = async () => (await session.status()).ranks.reduce((sum, r) => sum + r.cacheBytes, 0);
        await vi.waitFor(async () => expect(await kept()).toBe(0), 5000);
      });
    }
  });
});

it("replicas are cancelled together, and started again together when one dies", async () => {
  await withSession(folder, { mesh: { data: 2, tensor: 2 } }, async (session) => {
    const change = edit(
      hidden,
      traced((x) => x.add(x.mean([0], true))),
    );
    const before = await session.forward(rows, { hooks: [change] });
    const { mesh, ranks } = await session.status();
    expect(mesh).toBe("pipeline 1 × data 2 × tensor 2");
    expect(ranks.map(({ dataRank, tensorRank }) => [dataRank, tensorRank])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    expect(session.hookPoints(point)[0]!.ranks).toEqual([0, 1, 2, 3]);

    const abort = new AbortController();
    const onToken = ({ step }: { step: number }) => {
      if (step === 1) abort.abort();
    };
    await expect(
      session.generate(rows, { maxTokens: 8, hooks: [change], signal: abort.signal, onToken }),
    ).rejects.toThrow(CancelledError);
    process.kill(ranks[3]!.pid!, "SIGKILL");
    const dead = session.forward(rows, { hooks: [change] });
    await dead.catch((error: Error) => expect(error.message).toMatch(/rank 3 .* was killed|is gone|died/));
    const after = await session.forward(rows, { hooks: [change] });
    expect(distance(after.logits!, before.logits!)).toBe(0);
    // An error on the ranks of one replica is the user's to read, and nobody waits for ever.
    await expect(session.forward([[3, 4], [5]], { hooks: [edit(point, add([1, 2]))] })).rejects.toThrow(
      "tensor of shape [2]",
    );
  });
});

it("runs to an edit of the last layer without a logit", async () => {
  const hooks = [
    edit(
      "layers.1.residual.in",
      traced((x) => x.mul(x)),
    ),
    capture("layers.1.attention.k"),
  ];
  const keys = (options: object) =>
    withSession(folder, options, async (session) => {
      const { captures, logits } = await session.forward(rows, { hooks, logits: "none" });
      expect(logits).toBeUndefined();
      return captures.get("layers.1.attention.k")!;
    });
  const alone = await keys({});
  expect(distance(await keys({ mesh: { data: 2 } }), alone)).toBeLessThan(same);
  const bare = await withSession(folder, {}, (session) =>
    session.forward(rows, { hooks: hooks.slice(1), logits: "none" }),
  );
  expect(distance(bare.get("layers.1.attention.k"), alone)).toBeGreaterThan(1e-2);
});
