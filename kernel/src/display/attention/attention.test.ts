import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { displaySymbol } from "../bundle.js";
import { attentionType } from "../payload/attention.js";
import { decodeBlock } from "../payload/decode.js";
import { parseAttention } from "../payload/parse.js";
import { attention } from "./attention.js";
import type { AttentionRun } from "./patterns.js";
import { previousInHead1, runOf, words } from "./fixture.js";

const small = () => runOf({ layers: [4, 2], heads: 3, rows: [words(5), words(8)] }, previousInHead1);

test("each kept map is the run's pattern of that layer, head and row, without padding", async () => {
  const run = small();
  for (const row of [0, 1]) {
    const { payload } = attention(run, { row });
    const size = run.tokens[row]!.length;
    expect(payload.layers).toEqual([2, 4]);
    expect(payload.tokens).toEqual(words(size));
    expect(payload.full.map(({ layer, head }) => `${layer}.${head}`)).toEqual([
      "2.0",
      "2.1",
      "2.2",
      "4.0",
      "4.1",
      "4.2",
    ]);
    for (const { layer, head, block } of payload.full) {
      const { values } = await decodeBlock(block);
      const data = run.captures.get(`layers.${layer}.attention.pattern`)!.data;
      values.forEach((value, i) => {
        const at = ((row * 3 + head) * 8 + Math.floor(i / size)) * 8 + (i % size);
        expect(Math.abs(value - data[at]!)).toBeLessThanOrEqual(2 ** -12);
      });
    }
  }
});

test("the bundle holds a payload that both sides accept, a PNG with alternative text, and text", () => {
  const figure = attention(small());
  const { data, metadata } = figure[displaySymbol]() as {
    data: Record<string, unknown>;
    metadata: Record<string, unknown>;
  };
  expect(Object.keys(data)).toEqual([attentionType, "image/png", "text/plain"]);
  expect(parseAttention(JSON.parse(JSON.stringify(data[attentionType])))).toEqual(figure.payload);
  const png = Buffer.from(data["image/png"] as string, "base64");
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  const { alt, width, height } = metadata["image/png"] as { alt: string; width: number; height: number };
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([width, height]);
  expect(alt).toContain("2 layers × 3 heads, 5 tokens");
  const pixels = inflateSync(png.subarray(png.indexOf("IDAT") + 4, png.length - 16));
  expect(pixels.length).toBe((width + 1) * height);
  expect(data["text/plain"]).toMatch(/^attention: 2 layers × 3 heads, 5 tokens, row 0 of 2\n/);
  expect(data["text/plain"]).toContain(
    "strongest previous-token heads, layer.head (mean weight): 2.1 (1.00), 4.1 (1.00), 2.0 (0.32)",
  );
  expect(data["text/plain"]).toContain(
    "toy (0123456789ab) · pipeline 1 × tensor 1 · cpu · f32 · seed 3 · vitrail 0.1.0 · forward(…)",
  );
});

test("equal runs give equal bytes", () => {
  expect(JSON.stringify(attention(small()).bundle)).toBe(JSON.stringify(attention(small()).bundle));
});

test("the first head shown is the strongest, or the one asked for", () => {
  expect(attention(small()).payload.view).toMatchObject({ layer: 2, head: 1 });
  expect(attention(small(), { layer: 4 }).payload.view).toMatchObject({ layer: 4, head: 1 });
  expect(attention(small(), { head: 2, scale: "log" }).payload.view).toEqual({
    layer: 2,
    head: 2,
    scale: { kind: "log", lo: 1e-4, hi: 1 },
  });
});

test("weights pushed beyond 1 or below 0 by an edit stay inside the colour scale", () => {
  const run = small();
  run.captures.get("layers.2.attention.pattern")!.data[0] = 2.5;
  run.captures.get("layers.4.attention.pattern")!.data[0] = -0.5;
  expect(attention(run).payload.view.scale).toEqual({ kind: "linear", lo: -0.5, hi: 2.5 });
});

/** As if these heads were captured of a larger model. */
const headsOf = (run: AttentionRun, numbers: readonly (readonly number[])[]): AttentionRun => ({
  ...run,
  captures: new Map(
    [...run.captures].map(([name, captured], i) => [
      name,
      { ...captured, selector: `${name}[head=${numbers[i]!.join("|")}]`, heads: numbers[i]! },
    ]),
  ),
});

test("heads that were chosen keep their numbers", () => {
  const whole = attention(small()).payload;
  const run = headsOf(small(), [
    [2, 5, 9],
    [2, 5, 9],
  ]);
  const { payload, bundle } = attention(run);
  expect(payload).toMatchObject({ heads: 3, headNumbers: [2, 5, 9], view: { layer: 2, head: 5 } });
  expect(payload.overview).toEqual(whole.overview);
  expect(payload.full.map(({ head }) => head)).toEqual([2, 5, 9, 2, 5, 9]);
  expect(payload.full.map(({ block }) => block)).toEqual(whole.full.map(({ block }) => block));
  expect(bundle.data["text/plain"]).toContain(
    "heads, layer.head (mean weight): 2.5 (1.00), 4.5 (1.00), 2.2 (0.32)",
  );
  expect(parseAttention(JSON.parse(JSON.stringify(payload)))).toEqual(payload);
  expect(attention(run, { head: 9 }).payload.view).toMatchObject({ layer: 2, head: 9 });
  expect(() => attention(run, { head: 1 })).toThrow("no head 1: heads are 2, 5, 9");
  expect(whole.headNumbers).toBeUndefined();
});

const without = (run: AttentionRun): AttentionRun => ({ ...run, captures: new Map() });
const sliced = (run: AttentionRun): AttentionRun => ({
  ...run,
  captures: new Map(
    [...run.captures].map(([name, captured]) => [
      name,
      {
        ...captured,
        shape: captured.shape.with(2, 1),
        data: captured.data.slice(0, captured.data.length / captured.shape[2]!),
        selector: "layers.*.attention.pattern[query=-1]",
      },
    ]),
  ),
});
const broken = (run: AttentionRun): AttentionRun => {
  run.captures.get("layers.4.attention.pattern")!.data[8 * 8 + 3 * 8 + 1] = NaN;
  return run;
};

test.each<[string, () => unknown, string]>([
  [
    "no patterns",
    () => attention(without(small())),
    'the run captured no attention patterns (it captured nothing): add capture("layers.*.attention.pattern") to its hooks',
  ],
  [
    "sliced patterns",
    () => attention(sliced(small())),
    'layers.4.attention.pattern was captured in part, by "layers.*.attention.pattern[query=-1]": maps need all queries and keys',
  ],
  [
    "other heads in another layer",
    () =>
      attention(
        headsOf(small(), [
          [0, 1, 3],
          [0, 1, 2],
        ]),
      ),
    "layers.4.attention.pattern has heads 0, 1, 3 and layers.2.attention.pattern 0, 1, 2: maps need the same of each layer",
  ],
  [
    "a NaN weight",
    () => attention(broken(small())),
    "layers.4.attention.pattern is NaN at head 1, query 3, key 1",
  ],
  ["no such row", () => attention(small(), { row: 2 }), "no row 2: the run has rows 0 to 1"],
  [
    "no such layer",
    () => attention(small(), { layer: 3 }),
    "layer 3 was not captured: there are layers 2, 4",
  ],
  ["no such head", () => attention(small(), { head: 3 }), "no head 3: heads are 0 to 2"],
  [
    "a turned budget",
    () => attention(small(), { budget: { soft: 9, hard: 5 } }),
    "budget of 9 bytes soft and 5 hard",
  ],
  ["a tiny budget", () => attention(small(), { budget: { soft: 100, hard: 500 } }), "the hard budget is 500"],
])("%s: one line that says so", (_, act, message) => {
  expect(act).toThrow(message);
  expect(act).not.toThrow("\n");
});
