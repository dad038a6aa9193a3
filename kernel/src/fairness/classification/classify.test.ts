import { expect, test } from "vitest";
import { CancelledError } from "../../session/cancelled.js";
import type { Session } from "../../session/session.js";
import { everydaySuite } from "../templates/everyday.js";
import { classify } from "./classify.js";
import { chainOfThought, zeroShot } from "./prompt.js";

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

test("what goes wrong is said with the row, and an interrupt stays one", async () => {
  const options = { quiet: true, batch: 4 } as const;
  const asked = (error: Error, at: number) => {
    let calls = 0;
    const failing = () =>
      calls++ === at ? Promise.reject(error) : Promise.resolve({ rows: rows.map(() => ({ text: "" })) });
    return { generate: failing, score: () => Promise.reject(error) } as unknown as Pick<
      Session,
      "score" | "generate"
    >;
  };
  const long = new Error("input of 99 tokens: the model reads at most 64");
  await expect(classify(asked(long, 0), rows, zeroShot, options)).rejects.toThrow(`row 0: ${long.message}`);
  await expect(classify(asked(long, 2), rows, zeroShot, { ...options, scoring: "text" })).rejects.toThrow(
    `rows 8 to 11: ${long.message}`,
  );
  const stopped = new CancelledError("score");
  await expect(classify(asked(stopped, 0), rows, zeroShot, options)).rejects.toBe(stopped);
});
