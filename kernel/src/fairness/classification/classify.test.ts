import { expect, test } from "vitest";
import type { Session } from "../../session/session.js";
import { everydaySuite } from "../templates/everyday.js";
import { classify } from "./classify.js";
import { chainOfThought } from "./prompt.js";

const rows = everydaySuite().slice(0, 60);

/** The seeds that a run generates with, in their order. */
async function seedsOf(seed: number): Promise<readonly number[]> {
  const seeds: number[] = [];
  // Stands for the model, which is not under test.
  const session = {
    generate: (prompts: readonly string[], options: { readonly seed: number }) => {
      seeds.push(options.seed);
      return Promise.resolve({ rows: prompts.map(() => ({ text: "" })) });
    },
  } as unknown as Pick<Session, "score" | "generate">;
  await classify(session, rows, chainOfThought, { scoring: "text", seed, batch: 1 });
  return seeds;
}

test("runs of neighbouring seeds draw other numbers in every call, and a run repeats its own", async () => {
  const runs = await Promise.all([2024, 2025, 2026, 2027, 2028].map(seedsOf));
  // Reasoning and answer of each row.
  for (const run of runs) expect(run).toHaveLength(2 * rows.length);
  const all = runs.flat();
  expect(new Set(all).size).toBe(all.length);
  for (const seed of all) expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true);
  expect(await seedsOf(2024)).toEqual(runs[0]);
  await expect(seedsOf(-1)).rejects.toThrow("seed -1: must be a whole number from 0 to 4294967295");
});

test("a scoring that there is not is refused before a model is asked", async () => {
  const session = {} as Pick<Session, "score" | "generate">;
  await expect(classify(session, rows, chainOfThought, { scoring: "sampled" as never })).rejects.toThrow(
    'scoring "sampled": choose probability or text',
  );
});
