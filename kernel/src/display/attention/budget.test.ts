import { expect, test } from "vitest";
import { decodeBlock } from "../payload/decode.js";
import { parseAttention } from "../payload/parse.js";
import { attention } from "./attention.js";
import { runOf, words } from "./fixture.js";

/** Noise, which does not zip, so that the budget bites. */
const noisy = (heads: number, tokens: number) =>
  runOf({ layers: [0, 1, 2], heads, rows: [words(tokens)] }, (layer, head, query, key) => {
    if (layer === 2 && head === 1 && key === query - 1) return 500;
    return 0.01 + Math.abs(Math.sin(1e4 * (layer + 1) * (head + 3) * (query + 7) * (key + 11)));
  });

test("whole heads are kept by strength up to the soft budget, and the rest is said to be missing", () => {
  const run = noisy(6, 80);
  const all = attention(run).payload;
  expect(all.truncated).toBe(null);
  expect(all.full.length).toBe(18);

  const soft = 100_000;
  const { payload, bundle } = attention(run, { budget: { soft } });
  const bytes = JSON.stringify(payload).length;
  expect(bytes).toBeLessThanOrEqual(soft);
  expect(payload.full.length).toBeGreaterThan(0);
  expect(payload.full.length).toBeLessThan(18);
  expect(payload.full).toContainEqual(expect.objectContaining({ layer: 2, head: 1 }));
  expect(payload.truncated).toMatchObject({ kept: payload.full.length, of: 18 });
  expect(bundle.data["text/plain"]).toContain(
    `kept ${payload.full.length} of 18 heads in full: the next head needs`,
  );
});

test("the head shown first may use the hard budget, which is never exceeded", () => {
  const run = noisy(2, 150);
  const { payload } = attention(run, { budget: { soft: 40_000, hard: 90_000 } });
  expect(payload.full.map(({ layer, head }) => [layer, head])).toEqual([[2, 1]]);
  expect(JSON.stringify(payload).length).toBeLessThanOrEqual(90_000);
  const tight = attention(run, { budget: { soft: 25_000, hard: 25_000 } }).payload;
  expect(tight.full).toHaveLength(0);
  expect(tight.truncated).toMatchObject({ kept: 0, of: 6 });
});

test("the overview is pooled by maximum until it fits, keeps small weights, and says from how many tokens", async () => {
  const { payload, bundle } = attention(noisy(4, 120), { budget: { soft: 20_000, hard: 200_000 } });
  const cells = payload.overview.block.shape[3]!;
  expect(payload.overview).toMatchObject({ from: 120, reducer: "max" });
  expect(cells).toBeLessThan(64);
  expect(JSON.stringify(payload.overview).length).toBeLessThanOrEqual(10_000);
  expect(bundle.data["text/plain"]).toContain(`overview: 120 tokens max-pooled to ${cells}`);
  const { values } = await decodeBlock(payload.overview.block);
  const line = values.subarray((2 * 4 + 1) * cells * cells, (2 * 4 + 2) * cells * cells);
  for (let row = 1; row < cells; row++)
    expect(Math.max(...line.subarray(row * cells, (row + 1) * cells))).toBeGreaterThan(0.5);
  // Means of noise over 120 keys are below the step of a linear u8 only in part; all must be above zero here.
  expect(values.filter((value, i) => i % cells <= Math.floor(i / cells) % cells && value === 0)).toHaveLength(
    0,
  );
  parseAttention(payload);
});
