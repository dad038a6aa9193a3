import { describe, expect, it, vi } from "vitest";
import type { Session } from "../../kernel/src/index.js";
import { distance, tolerance } from "./closeness.js";
import { readGolden, readTensors, type Values } from "./goldens.js";
import { vitrail, withSession } from "./sessions.js";

const {
  ablateInduction,
  activationPatching,
  capture,
  edit,
  scale,
  attributionPatching,
  directLogitAttribution,
  inductionScores,
  integratedGradients,
  logitLens,
} = vitrail;

// The cases mean the same as those of test/oracle/lenses.py.
const metric = { correct: 5, wrong: 11 };
const ablated = { layer: 1, head: 1 };
const grids = ["position", "head", "headPosition", "layer"] as const;
/** All of a residual stream is the whole clean run; all of an MLP's output is not. */
const pointsOf = (by: (typeof grids)[number]) => (by === "layer" ? { points: "layers.*.mlp.output" } : {});

const grid = (rows: readonly (readonly number[])[]): Values => ({
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
});
const list = (values: readonly number[]): Values => ({
  shape: [values.length],
  data: Float32Array.from(values),
});
const ids = ({ data, shape }: Values, row: number) => [
  ...data.subarray(row * shape[1]!, (row + 1) * shape[1]!),
];

function expectClose(what: string, found: Values, expected: Values, scale = expected): void {
  expect(distance(found, expected), what).toBeLessThanOrEqual(tolerance(scale));
}

type Golden = ReturnType<typeof readTensors>;

async function expectInduction(session: Session, golden: Golden): Promise<void> {
  const halves = golden.get("induction.rows");
  const rows = Array.from({ length: halves.shape[0]! }, (_, row) => ids(halves, row));
  const strict = await inductionScores(session, { rows });
  expectClose("strict scores", grid(strict.scores), golden.get("induction.strict"));
  expectClose("loss", list(strict.loss), golden.get("induction.loss"));
  const published = await inductionScores(session, { rows, queries: "published" });
  expectClose("published scores", grid(published.scores), golden.get("induction.published"));
  expect(distance(grid(published.scores), golden.get("induction.strict"))).toBeGreaterThan(1e-3);
  // The head that PyTorch took out, as if it were the strongest.
  const nominated = { ...strict, strongest: () => [{ ...ablated, score: 1 }] };
  const without = await ablateInduction(session, nominated, { heads: 1, draws: 3, quiet: true });
  expectClose("loss without a head", list(without.strongest.loss), golden.get("induction.ablated"));
  expect(distance(list(without.strongest.loss), golden.get("induction.loss"))).toBeGreaterThan(1e-2);
  const averaged = await ablateInduction(session, nominated, { heads: 1, draws: 1, by: "mean", quiet: true });
  expectClose("loss with a head's mean", list(averaged.strongest.loss), golden.get("induction.averaged"));
  expect(distance(list(averaged.strongest.loss), golden.get("induction.ablated"))).toBeGreaterThan(1e-3);
  for (const { heads } of without.random) expect(heads).not.toContainEqual(ablated);
  const second = (loss: readonly number[]) =>
    loss.slice(strict.length).reduce((a, b) => a + b) / (strict.length - 1);
  expect(without.strongest.rise).toBeCloseTo(
    second([...golden.get("induction.ablated").data]) - second([...golden.get("induction.loss").data]),
    4,
  );
}

async function expectPatching(session: Session, golden: Golden): Promise<void> {
  const [clean, corrupt] = ["clean", "corrupt"].map((name) => ids(golden.get(`patching.${name}`), 0));
  const [onClean, onCorrupt] = golden.get("patching.ends").data;
  // However little a patch moves, the metric is a difference of logits, and as exact as these are.
  const scale = golden.get("lens.logits");
  for (const by of grids) {
    const options = { clean: clean!, corrupt: corrupt!, metric, by, ...pointsOf(by), quiet: true };
    const expected = golden.get(`patching.${by}`);
    // Four rows side by side, which do not divide nine positions.
    const found = await activationPatching(session, { ...options, rows: 4 });
    expectClose(`patching by ${by}`, grid(found.values), expected, scale);
    expect(found.clean).toBeCloseTo(onClean!, 4);
    expect(found.corrupt).toBeCloseTo(onCorrupt!, 4);
    const back = (part: number) => onCorrupt! + part * (onClean! - onCorrupt!);
    expectClose(`recovered by ${by}`, grid(found.recovered.map((row) => row.map(back))), expected, scale);
  }
}

/** The prompt of the patching, read at each layer, beside the same from PyTorch's logits [layer, position, token]. */
async function expectLogitLens(session: Session, golden: Golden): Promise<void> {
  const tokens = ids(golden.get("patching.clean"), 0);
  const logits = golden.get("lens.logits");
  const [layers, positions, vocabulary] = logits.shape as [number, number, number];
  const chosen = [metric.correct, metric.wrong];
  const { points, rows } = await logitLens(session, tokens, { tokens: chosen, top: 2 });
  expect(points).toEqual(Array.from({ length: layers }, (_, layer) => `layers.${layer}.residual.out`));
  const logSoftmax = (layer: number, position: number) => {
    const from = (layer * positions + position) * vocabulary;
    const row = logits.data.subarray(from, from + vocabulary);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x - most), 0)) + most;
    return [...row].map((x) => x - total);
  };
  for (let layer = 0; layer < layers; layer++)
    for (let position = 0; position < positions; position++) {
      const expected = logSoftmax(layer, position);
      const own = logSoftmax(layers - 1, position);
      const [first, second] = expected.toSorted((a, b) => b - a);
      const [best, next] = rows[0]!.top[layer]![position]!;
      expect(best!.probability).toBeCloseTo(Math.exp(first!), 4);
      expect(next!.probability).toBeCloseTo(Math.exp(second!), 4);
      if (first! - second! > 2e-4) expect(best!.id).toBe(expected.indexOf(first!));
      const divergence = own.reduce((sum, x, token) => sum + Math.exp(x) * (x - expected[token]!), 0);
      expect(rows[0]!.divergence[layer]![position]).toBeCloseTo(divergence, 4);
      const entropy = -expected.reduce((sum, x) => sum + Math.exp(x) * x, 0);
      expect(rows[0]!.entropy[layer]![position]).toBeCloseTo(entropy, 4);
      const after = tokens[position + 1];
      const loss = rows[0]!.crossEntropy[layer]![position]!;
      if (after === undefined) expect(loss).toBeNaN();
      else expect(loss).toBeCloseTo(-expected[after]!, 4);
      chosen.forEach((token, i) => {
        const { logProbability, rank } = rows[0]!.chosen[i]!;
        expect(logProbability[layer]![position]).toBeCloseTo(expected[token]!, 4);
        const clear = expected.every((x, other) => other === token || Math.abs(x - expected[token]!) > 2e-4);
        if (clear) expect(rank[layer]![position]).toBe(expected.filter((x) => x > expected[token]!).length);
      });
    }
  // The layers say different things, so that one cannot pass for another.
  expect(rows[0]!.divergence[0]!.every((nats) => nats > 1e-2)).toBe(true);
}

async function expectSlopes(session: Session, golden: Golden): Promise<void> {
  const [clean, corrupt] = ["clean", "corrupt"].map((name) => ids(golden.get(`patching.${name}`), 0));
  const [onClean, onCorrupt] = golden.get("patching.ends").data;
  for (const by of grids) {
    const options = { clean: clean!, corrupt: corrupt!, metric, by, ...pointsOf(by) };
    const found = await attributionPatching(session, options);
    expectClose(
      `slopes by ${by}`,
      grid(found.values),
      golden.get(`slopes.${by}`),
      golden.get("slopes.position"),
    );
    expect(found.clean).toBeCloseTo(onClean!, 4);
    expect(found.corrupt).toBeCloseTo(onCorrupt!, 4);
  }
  for (const [name, baseline] of [
    ["zero", "zero"],
    ["other", corrupt!],
  ] as const) {
    const expected = golden.get(`slopes.integrated.${name}`);
    // Five steps side by side, which do not divide twelve.
    const options = { metric, baseline, steps: 12, rows: 5, quiet: true };
    const found = await integratedGradients(session, clean!, options);
    expectClose(`integrated from ${name}`, list(found.values), expected);
    expect(found.end).toBeCloseTo(onClean!, 4);
    if (name === "other") expect(found.start).toBeCloseTo(onCorrupt!, 4);
    const sum = found.values.reduce((a, b) => a + b);
    expect(sum + found.missing).toBeCloseTo(found.end - found.start, 4);
    // From zeros a norm makes the first steps so steep that no such number of them is enough, which `missing` says.
    if (name === "zero") continue;
    const more = await integratedGradients(session, clean!, { ...options, steps: 200, rows: 50 });
    expect(Math.abs(more.missing)).toBeLessThan(0.05 * Math.abs(more.end - more.start));
  }
}

async function expectAttribution(session: Session, golden: Golden): Promise<void> {
  const found = await directLogitAttribution(session, ids(golden.get("patching.clean"), 0), { metric });
  const number = (name: string) => golden.get(`attribution.${name}`).data[0]!;
  expectClose("heads", grid(found.heads), golden.get("attribution.heads"));
  expectClose("mlps", list(found.mlps), golden.get("attribution.mlps"));
  expect(distance(list(found.biases), golden.get("attribution.biases"))).toBeLessThan(1e-4);
  for (const part of ["embedding", "constant", "whole"] as const)
    expect(found[part], part).toBeCloseTo(number(part), 4);
  const sum = [found.embedding, found.constant, ...found.heads.flat(), ...found.biases, ...found.mlps];
  expect(sum.reduce((a, b) => a + b)).toBeCloseTo(found.whole, 4);
}

describe.each(["opt", "llama-grouped", "gpt2"])("%s", (name) => {
  it("gives what PyTorch's hooks give, by every lens", async () => {
    const golden = readTensors("lenses", name);
    await withSession(readGolden(name).folder, {}, async (session) => {
      await expectInduction(session, golden);
      await expectPatching(session, golden);
      await expectLogitLens(session, golden);
      await expectAttribution(session, golden);
      await expectSlopes(session, golden);
    });
  });
});

describe("on a mesh", () => {
  it.each([
    ["opt", { pipeline: 2 }],
    ["opt", { tensor: 2 }],
    ["opt", { data: 2 }],
    ["opt", { pipeline: 2, tensor: 2 }],
    ["llama-grouped", { pipeline: 2 }],
    ["llama-grouped", { tensor: 2 }],
    ["llama-grouped", { data: 2 }],
    ["llama-grouped", { pipeline: 2, tensor: 2 }],
    ["gpt2", { pipeline: 2 }],
    ["gpt2", { tensor: 2 }],
    ["gpt2", { data: 2 }],
    ["gpt2", { tensor: 2, data: 2 }],
  ])("%s gives the same over %j", async (name, mesh) => {
    const golden = readTensors("lenses", name);
    await withSession(readGolden(name).folder, { mesh }, async (session) => {
      await expectInduction(session, golden);
      await expectPatching(session, golden);
      await expectLogitLens(session, golden);
      await expectAttribution(session, golden);
      await expectSlopes(session, golden);
    });
  });
});

describe("under lasting hooks", () => {
  it("lenses read their own points, of the model as it is edited now", async () => {
    const golden = readTensors("lenses", "opt");
    await withSession(readGolden("opt").folder, {}, async (session) => {
      const before = await inductionScores(session, { length: 8, batch: 2 });
      session.hooks.add([
        capture("embedding"),
        capture("layers.*.residual.mid"),
        capture("layers.*.mlp.hidden"),
        // Parts of what the lenses capture whole.
        capture("layers.*.residual.out[position=-1]"),
        capture("layers.*.attention.pattern[head=0]"),
        capture("layers.*.attention.z[head=1, position=0]"),
        capture("layers.1.mlp.output[unit=3:5]"),
        capture("norm[position=-1]"),
        capture("embedding[position=0]"),
      ]);
      const found = await inductionScores(session, { length: 8, batch: 2 });
      expect(found.scores).toEqual(before.scores);
      await expectPatching(session, golden);
      await expectSlopes(session, golden);
      await expectAttribution(session, golden);
      await expectLogitLens(session, golden);

      session.hooks.add(edit("layers.0.residual.out", scale(3)));
      const edited = await inductionScores(session, { length: 8, batch: 2 });
      const second = (loss: readonly number[]) => loss.slice(8).reduce((a, b) => a + b) / 7;
      expect(Math.abs(second(edited.loss) - second(before.loss))).toBeGreaterThan(1e-2);
      const { whole } = await ablateInduction(session, before, { heads: 1, draws: 1, quiet: true });
      expect(whole).toBeCloseTo(second(edited.loss), 4);
    });
  });
});

describe("what runs many passes tells how far it is", () => {
  const golden = readTensors("lenses", "opt");
  const [clean, corrupt] = ["clean", "corrupt"].map((name) => ids(golden.get(`patching.${name}`), 0));
  const bar = (label: string, done: number, total: number) => {
    const filled = Math.floor((24 * done) / total);
    const percent = String(Math.floor((100 * done) / total)).padStart(3);
    return `${label} ${"█".repeat(filled)}${"░".repeat(24 - filled)} ${percent} %\n`;
  };
  /** What is said on standard error meanwhile. */
  const said = async (act: () => Promise<unknown>) => {
    const lines: string[] = [];
    const written = vi
      .spyOn(process.stderr, "write")
      .mockImplementation((text) => (lines.push(String(text)), true));
    try {
      await act();
    } finally {
      written.mockRestore();
    }
    return lines;
  };

  it("to its end, unless it is to be quiet", async () => {
    await withSession(readGolden("opt").folder, {}, async (session) => {
      // Four rows side by side, which do not divide the positions.
      const prompts = { clean: clean!, corrupt: corrupt!, metric, rows: 4 };
      const points = "layers.*.mlp.output";
      expect(await said(() => activationPatching(session, { ...prompts, points }))).toEqual([
        bar(`patching ${points}`, 1, 1),
      ]);
      const found = await inductionScores(session, { length: 8, batch: 2 });
      expect(await said(() => ablateInduction(session, found, { heads: 1, draws: 2 }))).toEqual([
        bar("taking heads out", 1, 1),
      ]);
      const few = { metric, steps: 5, rows: 2 };
      expect(await said(() => integratedGradients(session, clean!, few))).toEqual([
        bar("integrating gradients", 1, 1),
      ]);
      const quiet = { ...prompts, points, quiet: true };
      expect(await said(() => activationPatching(session, quiet))).toEqual([]);
    });
  });

  it("where it is interrupted, no farther than it came", async () => {
    await withSession(readGolden("opt").folder, {}, async (session) => {
      const controller = new AbortController();
      let read = 0;
      // Of the clean prompt, of the corrupt one, then of each patch: those of the first pass are in hand.
      const stopping = (logits: Float32Array) => {
        if (++read === 3) controller.abort();
        return logits[metric.correct]! - logits[metric.wrong]!;
      };
      const points = "layers.{0,1}.mlp.output";
      const options = { clean: clean!, corrupt: corrupt!, points, rows: 4, signal: controller.signal };
      const lines = await said(() =>
        expect(activationPatching(session, { ...options, metric: stopping })).rejects.toThrow(
          vitrail.CancelledError,
        ),
      );
      expect(read).toBe(6);
      expect(lines).toEqual([bar(`patching ${points}`, 4, 2 * clean!.length)]);
    });
  });
});

describe("what cannot be", () => {
  it("is refused in one line, and the session goes on", async () => {
    const golden = readGolden("opt");
    await withSession(golden.folder, {}, async (session) => {
      const prompts = { clean: [3, 4, 5], corrupt: [3, 4, 5], metric, quiet: true };
      await expect(activationPatching(session, prompts)).rejects.toThrow(
        "there is nothing for a patch to bring back",
      );
      await expect(activationPatching(session, { ...prompts, clean: [3, 4] })).rejects.toThrow(
        "clean prompt of 2 tokens, corrupt of 3",
      );
      await expect(
        activationPatching(session, { ...prompts, points: "layers.*.mlp.output", by: "head" }),
      ).rejects.toThrow("patching by head: layers.0.mlp.output [batch, position, unit] has no head axis");
      await expect(
        activationPatching(session, { ...prompts, metric: { correct: 3, wrong: 999 } }),
      ).rejects.toThrow("token id 999 is outside the vocabulary: ids are 0 to 280");
      await expect(inductionScores(session, { tokens: { from: 5, to: 300 } })).rejects.toThrow(
        "tokens 5 to 300: must be at least 2 ids inside the vocabulary of 281",
      );
      await expect(
        activationPatching(session, { ...prompts, clean: [3, 9, 5], metric: () => NaN }),
      ).rejects.toThrow(/is NaN of the clean prompt and NaN of the corrupt one: both must be numbers/);
      const found = await inductionScores(session, { length: 8, batch: 2 });
      await expect(ablateInduction(session, found, { heads: 7 })).rejects.toThrow(
        "7 random heads: only 5 are not among the strongest",
      );
      const stop = AbortSignal.abort();
      await expect(inductionScores(session, { length: 8, signal: stop })).rejects.toThrow(
        vitrail.CancelledError,
      );
      expect((await inductionScores(session, { length: 8, batch: 2 })).scores).toEqual(found.scores);
    });
  });
});
