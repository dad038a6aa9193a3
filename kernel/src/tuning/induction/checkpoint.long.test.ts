import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { capture } from "../../hooks/index.js";
import { drawn } from "../../session/drawn.js";
import { randomNumbers } from "../../session/sampling.js";
import { Session } from "../../session/session.js";
import { initialise } from "../training/initialise.js";
import { writeCheckpoint } from "../training/writeCheckpoint.js";
import { inductionCheckpoint, inductionModel } from "./checkpoint.js";

const at = mkdtempSync(join(tmpdir(), "vi-"));
beforeAll(() => {
  process.env["VITRAIL_RUNTIME_DIR"] = join(at, "run");
});
afterAll(() => {
  delete process.env["VITRAIL_RUNTIME_DIR"];
  rmSync(at, { recursive: true, force: true });
});

const length = 16;
const random = randomNumbers(5);
const ids = inductionModel.words.map((_, i) => i + 4);
const rows = Array.from({ length: 8 }, () => drawn(ids, length, random)).map((half) => [...half, ...half]);

/** Attention of each head from repeated tokens to the token behind their earlier place, and how often repeats are right. */
async function repeated(folder: string) {
  const session = await Session.open(folder, { quiet: true, threads: 1 });
  try {
    const run = await session.forward(rows, { hooks: [capture("layers.*.attention.pattern")] });
    const scores = [...run.captures.values()].flatMap(({ data, shape }) => {
      const [, heads, tokens] = shape as [number, number, number, number];
      return Array.from({ length: heads }, (_, head) => {
        let sum = 0;
        for (let row = 0; row < rows.length; row++)
          for (let q = length; q < tokens; q++)
            sum += data[((row * heads + head) * tokens + q) * tokens + q + 1 - length]!;
        return sum / (rows.length * length);
      });
    });
    const { data, shape } = run.logits!;
    const vocabulary = shape[2]!;
    const right = rows.flatMap((row, r) =>
      row.slice(length, -1).map((_, i) => {
        const start = (r * row.length + length + i) * vocabulary;
        const logits = data.subarray(start, start + vocabulary);
        return logits.indexOf(Math.max(...logits)) === row[length + i + 1] ? 1 : 0;
      }),
    );
    return { scores, right: right.reduce<number>((sum, each) => sum + each, 0) / right.length };
  } finally {
    await session.close();
  }
}

test("training makes induction heads: repeats that were never trained on are continued", async () => {
  const untrained = join(at, "untrained");
  const { config, seed } = inductionModel.recipe;
  writeCheckpoint(untrained, {
    config,
    parameters: initialise(config, seed),
    words: inductionModel.words,
  });
  const before = await repeated(untrained);
  expect(Math.max(...before.scores)).toBeLessThan(2 / length);
  expect(before.right).toBeLessThan(2 / length);

  const after = await repeated(await inductionCheckpoint());
  expect(Math.max(...after.scores)).toBeGreaterThan(0.8);
  expect(after.scores.filter((score) => score > 0.5).length).toBeLessThanOrEqual(8);
  expect(after.right).toBeGreaterThan(0.9);
}, 120_000);
