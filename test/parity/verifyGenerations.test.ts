import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { Generation } from "../../kernel/src/index.js";
import { distance } from "./closeness.js";
import { readGenerations, readGolden } from "./goldens.js";
import { vitrail, withSession } from "./sessions.js";

const { add, capture, edit, scale, trainable } = vitrail;
const { folder } = readGolden("llama-grouped");
const wanted = readGenerations("llama-grouped");
const prompts = wanted.map(({ prompt }) => prompt);
const forced = wanted.map((row) => row.forced);
const point = "layers.0.residual.out";
const tensor2 = { devices: 2, mesh: { tensor: 2 } };
const meshes = { "one process": {}, "tensor 2": tensor2 };
const int8 = { quantise: "int8" } as const;

const lengthsOf = ({ rows }: Generation) => rows.map(({ ids }) => ids.length);
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** How far the logits of the forced tokens are from PyTorch's. */
function awayFromGolden(logits: (row: number, step: number, id: number) => number): number {
  const away = wanted.flatMap(({ logits: { data, shape } }, row) =>
    forced[row]!.map((id, step) => Math.abs(logits(row, step, id) - data[step * shape[1]! + id]!)),
  );
  return Math.max(...away);
}

/** Logit of a token that a generation with all logits captured could have gone on with. */
const logitIn =
  ({ prompts, steps }: Generation) =>
  (row: number, step: number, id: number) => {
    const { shape, data } = steps[step]!.get("logits");
    const last = step === 0 ? prompts[row]!.length - 1 : 0;
    return data[(row * shape[1]! + last) * shape[2]! + id]!;
  };

it.each(Object.entries({ ...meshes, "data 2": { mesh: { data: 2 } } }))(
  "a generation on %s agrees with its repetition at every step, however its tokens were chosen and its rows ended",
  async (_, options) => {
    await withSession(folder, options, async (session) => {
      const { vocabulary, hidden } = session.dimensions;
      session.saved.set("factor", 2);
      const grow = edit("layers.1.mlp.output", ({ data }, { saved, step }) => {
        const factor = saved.get("factor") as number;
        saved.set("factor", factor + step);
        return data.map((x) => factor * x);
      });
      const vector = Float32Array.from({ length: hidden }, (_, i) => Math.sin(i));
      const late = edit(point, scale(2), { steps: [{ from: 50 }] });
      const hooks = [
        capture("*"),
        grow,
        edit(
          point,
          trainable("shift", { vector }, (x, p) => x.add(p.vector)),
          { steps: [0, 2] },
        ),
        edit(point, scale(1)),
        late,
      ];
      // Every third token ends a row.
      const stop = Array.from({ length: vocabulary / 3 }, (_, i) => 3 * i);
      const told: number[] = [];
      const run = await session.generate(prompts, {
        temperature: 1.5,
        seed: 2,
        stop,
        hooks,
        onToken: ({ token }) => void told.push(token.id),
      });
      const lengths = lengthsOf(run);
      expect(new Set(lengths).size).toBeGreaterThan(1);
      expect(run.steps.length).toBeLessThan(50);
      expect(run.steps.length).toBeGreaterThan(2);

      const factor = session.saved.get("factor");
      expect(factor).toBeGreaterThan(2);
      const found = await session.verify(run);
      expect([found.kind, found.verdict, found.top1]).toEqual(["generation", "supported", 1]);
      expect([found.positions, told.length]).toEqual([sum(lengths), sum(lengths)]);
      expect(found.totalVariation!.largest).toBeLessThan(1e-4);
      const names = found.deviations.map(({ name }) => name);
      expect(names.slice(0, 2)).toEqual(["logits of the tokens", "embedding at step 0"]);
      const captures = run.steps.flatMap((step, at) =>
        [...step.captures.keys()].map((key) => `${key} at step ${at}`),
      );
      expect(names.slice(1)).toEqual(captures);
      for (const { name, relative } of found.deviations) expect(relative, name).toBeLessThan(1e-4);
      expect(found.effect).toMatchObject({ isThere: true, isReturned: true });
      expect(found.edits.map(({ effect }) => effect!.isThere)).toEqual([true, true, false, false]);
      expect(session.saved.get("factor")).toBe(factor);
    });
  },
);

describe.each(Object.entries(meshes))("a generation on %s", (_, options) => {
  it("changes by its edits as PyTorch's hooks change it, in what it returned and behind", async () => {
    await withSession(folder, options, async (session) => {
      const vector = Float32Array.from({ length: session.dimensions.hidden }, (_, i) => Math.sin(i) * 4);
      const stepped = edit(point, add(vector), { steps: [2, { from: 5, to: 7 }] });
      const moved = Math.max(...wanted.map((row) => distance(row.logits, row.stepped)));
      expect(moved).toBeGreaterThan(1e-2);
      const told = await session.verify(
        await session.generate(prompts, { forced, hooks: [stepped, capture("logits")] }),
      );
      expect(told).toMatchObject({
        verdict: "supported",
        top1: 1,
        effect: { isThere: true, isReturned: true },
      });
      expect(told.effect!.at).toMatch(/^logits at step \d+$/);
      expect(Math.abs(told.effect!.largest - moved)).toBeLessThan(1e-4);

      // Without captures the logits are looked at behind what came back.
      const bare = await session.verify(await session.generate(prompts, { forced, hooks: [stepped] }));
      expect(bare).toMatchObject({ verdict: "supported", top1: 1, totalVariation: undefined });
      expect(bare.deviations.map(({ name }) => name)).toEqual(["logits of the tokens"]);
      expect(bare.effect!.compared).toEqual(["logits of the tokens", "next-token logits"]);
      expect(Math.abs(bare.effect!.largest - moved)).toBeLessThan(1e-4);
      expect(inspect(bare)).toContain("not known: logits were not captured at every step");
      const plain = await session.verify(await session.generate(prompts, { maxTokens: 12 }));
      expect(plain).toMatchObject({ verdict: "supported", top1: 1, effect: undefined, edits: [] });
    });
  });

  it("has log-probabilities that are repeated too, and what edits change of them", async () => {
    await withSession(folder, options, async (session) => {
      const hooks = [
        edit(point, ({ data }) => data.map((x, i) => x + Math.sin(i % 40))),
        edit("norm", scale(1)),
      ];
      const scores = await session.score(prompts[0]!, forced, { hooks });
      const bare = await session.score(prompts[0]!, forced);
      const found = await session.verify(scores);
      expect(found).toMatchObject({ kind: "score", verdict: "supported", best: true, top1: undefined });
      expect(found.positions).toBe(sum(forced.map((ids) => ids.length)));
      expect(found.deviations.map(({ name }) => name)).toEqual(["log-probabilities", "totals"]);
      for (const { relative } of found.deviations) expect(relative).toBeLessThan(1e-4);
      const away = scores.scores.map(({ total }, row) => Math.abs(total - bare.scores[row]!.total));
      expect(Math.max(...away)).toBeGreaterThan(1e-2);
      expect(found.effect).toMatchObject({ isThere: true, isReturned: true, at: "totals" });
      expect(found.effect!.largest).toBeCloseTo(Math.max(...away), 3);
      expect(found.edits.map(({ effect }) => effect!.isThere)).toEqual([true, false]);
      expect(inspect(found)).toMatch(/^same likeliest continuation +yes$/m);
      const own = await session.verify(bare);
      expect(own).toMatchObject({ verdict: "supported", effect: undefined, edits: [] });
    });
  });
});

describe("what is wrong with a generation", () => {
  it("is found in its captures and in its tokens", async () => {
    await withSession(folder, tensor2, async (session) => {
      const run = await session.generate(prompts, { maxTokens: 12, hooks: [capture(point)] });
      expect((await session.verify(run)).verdict).toBe("supported");
      const { data } = run.steps[3]!.get(point);
      const first = data[0]!;
      data[0] = NaN;
      expect((await session.verify(run)).verdict).toBe("wrong");
      data[0] = first;
      // Another token than it went on with: what comes after it is no longer what was generated.
      const ids = run.rows[1]!.ids as number[];
      ids[4] = ids[4] === 7 ? 8 : 7;
      const found = await session.verify(run);
      expect(found.verdict).toBe("wrong");
      const worst = (step: number) =>
        found.deviations.find(({ name }) => name === `${point} at step ${step}`)!.relative;
      expect(worst(4)).toBeLessThan(1e-4);
      expect(worst(5)).toBeGreaterThan(1e-2);
    });
  });

  it("is what quantising costs, as PyTorch has it", async () => {
    await withSession(folder, { ...tensor2, ...int8 }, async (session) => {
      const run = await session.generate(prompts, { forced, hooks: [capture("logits")] });
      const away = awayFromGolden(logitIn(run));
      expect(away).toBeGreaterThan(1e-2);
      const found = await session.verify(run);
      expect(found.verdict).toBe("degraded");
      expect(found.totalVariation!.largest).toBeGreaterThan(1e-3);
      expect(found.deviations[0]!.name).toBe("logits of the tokens");
      expect(Math.abs(found.deviations[0]!.largest - away)).toBeLessThan(1e-4);
      // Nothing but the tokens is known of it here, which says as much.
      const bare = await session.verify(await session.generate(prompts, { forced }));
      expect(bare).toMatchObject({ verdict: "degraded", top1: found.top1, positions: found.positions });
      expect(bare.deviations).toEqual([found.deviations[0]]);

      const scores = await session.score(prompts[0]!, forced);
      const off = scores.scores.flatMap(({ logProbabilities }, row) =>
        logProbabilities.map((each, at) => Math.abs(each - wanted[row]!.scores[at]!)),
      );
      expect(Math.max(...off)).toBeGreaterThan(1e-2);
      const scored = await session.verify(scores);
      expect(scored.verdict).toBe("degraded");
      expect(Math.abs(scored.deviations[0]!.largest - Math.max(...off))).toBeLessThan(1e-4);
    });
  });

  it("is another likeliest continuation of a score", async () => {
    await withSession(folder, {}, async (session) => {
      const scores = await session.score(prompts[0]!, forced);
      const totals = scores.scores.map(({ total }) => total);
      const least = scores.scores[totals.indexOf(Math.min(...totals))]!;
      (least as { total: number }).total = 0;
      const found = await session.verify(scores);
      expect([found.best, found.verdict]).toEqual([false, "degraded"]);
      expect(inspect(found)).toMatch(/^same likeliest continuation +no$/m);
      (least.logProbabilities as number[])[0]! += 1;
      expect((await session.verify(scores)).verdict).toBe("wrong");
    });
  });
});

it("an edit that bans what was not chosen has an effect behind a generation, and none on it", async () => {
  await withSession(folder, tensor2, async (session) => {
    const { vocabulary } = session.dimensions;
    const plain = await session.generate(prompts, { maxTokens: 5 });
    const all = Array.from({ length: vocabulary }, (_, id) => id);
    const other = all.find((id) => !plain.rows.some(({ ids }) => ids.includes(id)))!;
    const ban = edit("logits", ({ data }) => data.map((x, i) => (i % vocabulary === other ? -Infinity : x)));
    const run = await session.generate(prompts, { maxTokens: 5, hooks: [ban] });
    expect(run.rows.map(({ ids }) => ids)).toEqual(plain.rows.map(({ ids }) => ids));
    const found = await session.verify(run);
    expect(found.effect).toMatchObject({
      isThere: true,
      isReturned: false,
      largest: Infinity,
      at: "next-token logits",
    });
    expect(inspect(found)).toMatch(
      /infinite at most, on the next-token logits that the run left out; none on/,
    );
  });
});

it("takes what this session returned, with the parameters that it has", async () => {
  await withSession(folder, {}, async (session) => {
    const run = await session.generate(prompts, { maxTokens: 2 });
    const scores = await session.score(prompts[0]!, forced);
    await expect(session.verify({ ...run })).rejects.toThrow(
      "verify needs what this session's forward, backward, generate or score returned",
    );
    await session.editParameter("model.norm.weight", ({ data }) => data.map((x) => 2 * x));
    for (const earlier of [run, scores])
      await expect(session.verify(earlier)).rejects.toThrow(
        "parameters were edited or restored since the run",
      );
    const edited = await session.generate(prompts, { maxTokens: 2, hooks: [capture("logits")] });
    const id = edited.rows[0]!.ids[0]!;
    expect(Math.abs(logitIn(edited)(0, 0, id) - wanted[0]!.logits.data[id]!)).toBeGreaterThan(1e-2);
    expect((await session.verify(edited)).verdict).toBe("supported");
  });
});
