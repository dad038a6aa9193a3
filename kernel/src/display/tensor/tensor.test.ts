import { inflateSync } from "node:zlib";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { displaySymbol } from "../bundle.js";
import { decodeBlock } from "../payload/decode.js";
import { parseTensor } from "../payload/parseTensor.js";
import type { TensorPayload } from "../payload/tensor.js";
import { ranksAt, tensorType } from "../payload/tensor.js";
import type { TensorSource } from "./subject.js";
import { tensor } from "./tensor.js";

const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);

/** Every value says where it stands: its place in row-major order, with signs by turns. */
function counting(shape: readonly number[], more: Partial<TensorSource> = {}): TensorSource {
  const data = Float32Array.from({ length: product(shape) }, (_, i) => (i % 2 ? -i : i));
  return { shape, data, ...more };
}

/** Noise, which does not zip, so that the budget bites. */
function noisy(shape: readonly number[], axes?: readonly string[]): TensorSource & { data: Float32Array } {
  const data = Float32Array.from({ length: product(shape) }, (_, i) => Math.sin(1e4 * Math.sin(i + 1)));
  return { shape, data, ...(axes && { axes }) };
}

const point = counting([2, 3, 4], {
  axes: ["batch", "position", "unit"],
  name: "layers.1.mlp.hidden",
  alias: "model.layers.1.mlp.act",
  shards: [
    {
      axis: 2,
      parts: [
        { ranks: [2], from: 0, to: 3 },
        { ranks: [3], from: 3, to: 4 },
      ],
    },
  ],
});

test("the payload holds every value, what is said of all of them, and where they were", async () => {
  const { payload } = tensor(point);
  const { values } = await decodeBlock(payload.part.block);
  expect([...values]).toEqual([...point.data]);
  expect(payload).toMatchObject({
    name: "layers.1.mlp.hidden",
    shape: [2, 3, 4],
    axes: ["batch", "position", "unit"],
    // Of 0, −1, 2, −3, … 22, −23: twelve pairs that add up to −1 each.
    statistics: { count: 24, mean: -0.5, min: -23, max: 22, nan: 0 },
    part: { from: [0, 0, 0] },
    truncated: null,
    view: { rows: 1, columns: 2, index: [0, 0, 0], scale: { kind: "linear", lo: -23, hi: 23 } },
  });
  expect(ranksAt(payload.shards, [1, 2, 2])).toEqual([2]);
  expect(ranksAt(payload.shards, [1, 2, 3])).toEqual([3]);
});

test("the bundle holds a payload that both sides accept, a PNG with alternative text, and text", () => {
  const figure = tensor(point, { index: { batch: 1 } });
  const { data, metadata } = figure[displaySymbol]() as typeof figure.bundle;
  expect(Object.keys(data)).toEqual([tensorType, "image/png", "text/plain"]);
  expect(parseTensor(JSON.parse(JSON.stringify(data[tensorType])))).toEqual(figure.payload);
  const png = Buffer.from(data["image/png"] as string, "base64");
  const { alt, width, height } = metadata["image/png"] as { alt: string; width: number; height: number };
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([width, height]);
  const pixels = inflateSync(png.subarray(png.indexOf("IDAT") + 4, png.length - 16));
  expect(pixels.length).toBe((width + 1) * height);
  expect(alt).toBe(
    "layers.1.mlp.hidden [2, 3, 4] (batch, position, unit): mean −0.5000, std 13.70, min −23.00, max 22.00, NaN 0, " +
      "infinite 0; colours of position by unit at batch=1",
  );
  const text = data["text/plain"] as string;
  expect(inspect(figure)).toBe(text);
  expect(text.split("\n")).toEqual([
    "layers.1.mlp.hidden [2, 3, 4] (batch, position, unit) f32, 24 values (model.layers.1.mlp.act)",
    "mean −0.5000, std 13.70, min −23.00, max 22.00, NaN 0, infinite 0",
    expect.stringMatching(/^−23\.00 [▁-█ ]{32} 22\.00$/),
    "split by unit: rank 2 0–2; rank 3 3",
    "position × unit at batch=1:",
    "   12.00 −13.00  14.00 −15.00",
    "   16.00 −17.00  18.00 −19.00",
    "   20.00 −21.00  22.00 −23.00",
  ]);
});

test("the colour of a value in the picture is its own", () => {
  const { bundle } = tensor({ shape: [1, 2], data: [-1, NaN] });
  const png = Buffer.from(bundle.data["image/png"] as string, "base64");
  const width = png.readUInt32BE(16) + 1;
  const palette = png.subarray(png.indexOf("PLTE") + 4);
  const pixels = inflateSync(png.subarray(png.indexOf("IDAT") + 4, png.length - 16));
  const colours = new Set<string>();
  for (let i = 0; i < pixels.length; i++)
    if (i % width !== 0) colours.add([...palette.subarray(3 * pixels[i]!, 3 * pixels[i]! + 3)].join());
  expect(colours).toContain("214,0,140");
  // The deepest blue is what the smallest of both signs has.
  expect(colours).toContain([...palette.subarray(0, 3)].join());
});

test("equal tensors give equal bytes", () => {
  expect(JSON.stringify(tensor(point).bundle)).toBe(JSON.stringify(tensor(point).bundle));
});

test("scalars, vectors and many axes have a view that can be shown", () => {
  const viewOf = (shape: number[], options = {}) => {
    const { payload } = tensor(counting(shape), options);
    parseTensor(JSON.parse(JSON.stringify(payload)));
    return [payload.view.rows, payload.view.columns];
  };
  expect(viewOf([])).toEqual([null, null]);
  expect(viewOf([7])).toEqual([null, 0]);
  expect(viewOf([3, 1, 5, 1])).toEqual([0, 2]);
  expect(viewOf([1, 1, 5])).toEqual([1, 2]);
  expect(viewOf([2, 3, 4, 5], { rows: "axis 1" })).toEqual([1, 3]);
  expect(viewOf([2, 3, 4, 5], { columns: 0 })).toEqual([3, 0]);
});

test("far values get a scale that shows the near ones too", () => {
  const far = noisy([40, 10]);
  expect(tensor(far).payload.view.scale.kind).toBe("linear");
  far.data.fill(100, 40, 50);
  expect(tensor(far).payload.view.scale).toEqual({ kind: "asinh", lo: -100, hi: 100 });
  expect(tensor(far, { scale: "linear" }).payload.view.scale.kind).toBe("linear");
  expect(tensor({ shape: [2], data: [0, 0] }).payload.view.scale).toEqual({ kind: "linear", lo: 0, hi: 1 });
});

/** Every kept value against the tensor's own. */
async function expectPart(source: TensorSource, { part, shape, truncated }: TensorPayload): Promise<void> {
  const { values, shape: kept } = await decodeBlock(part.block);
  const strides = shape.map((_, axis) => product(shape.slice(axis + 1)));
  values.forEach((value, i) => {
    let rest = i;
    let at = 0;
    for (let axis = kept.length - 1; axis >= 0; axis--) {
      at += (part.from[axis]! + (rest % kept[axis]!)) * strides[axis]!;
      rest = Math.floor(rest / kept[axis]!);
    }
    if (value !== source.data[at]) throw new Error(`value ${i} is ${value}, not ${source.data[at]}`);
  });
  expect(truncated).toMatchObject({ kept: values.length, of: source.data.length });
}

test("over the soft budget fewer slices are kept, those around the one shown, and it is said which", async () => {
  const source = noisy([1, 12, 40, 40], ["batch", "head", "query", "key"]);
  const budget = { soft: 50_000 };
  const { payload, bundle } = tensor(source, { index: { head: 6 }, budget });
  expect(JSON.stringify(payload).length).toBeLessThanOrEqual(budget.soft);
  const [, head, query, key] = payload.part.block.shape as [number, number, number, number];
  expect([query, key]).toEqual([40, 40]);
  expect(head).toBeGreaterThan(1);
  expect(head).toBeLessThan(12);
  expect(payload.part.from[1]).toBe(6 - Math.floor(head / 2));
  await expectPart(source, payload);
  // What is said of all is said of all.
  expect(payload.statistics).toEqual(tensor(source).payload.statistics);
  const last = payload.part.from[1]! + head - 1;
  expect(bundle.data["text/plain"]).toContain(
    `the notebook keeps ${head * 1600} of 19200 values (head=${payload.part.from[1]}–${last} of 12): all of them need`,
  );
});

test("the slice shown first may use the hard budget, and loses of its longer axis where that is too little", async () => {
  const source = noisy([2, 10, 3000], ["batch", "position", "token"]);
  const whole = tensor(source, { budget: { soft: 20_000, hard: 500_000 } }).payload;
  expect(whole.part.block.shape).toEqual([1, 10, 3000]);
  const budget = { soft: 20_000, hard: 60_000 };
  const { payload } = tensor(source, { index: { batch: 1, token: 2990 }, budget });
  const [batch, position, token] = payload.part.block.shape as [number, number, number];
  expect([batch, position]).toEqual([1, 10]);
  expect(JSON.stringify(payload).length).toBeLessThanOrEqual(budget.hard);
  expect(JSON.stringify(payload).length).toBeGreaterThan(budget.hard * 0.7);
  expect(payload.part.from).toEqual([1, 0, 3000 - token]);
  parseTensor(payload);
  await expectPart(source, payload);
});

test.each<[string, () => unknown, string]>([
  ["too few values", () => tensor({ shape: [2, 3], data: [1] }), "1 values do not fill shape [2, 3]"],
  ["an empty axis", () => tensor({ shape: [2, 0], data: [] }), "nothing to show of 0 entries"],
  [
    "unnamed axes",
    () => tensor(counting([2, 3], { axes: ["head"] })),
    "axes [head] of shape [2, 3]: each of the 2 needs a name of its own",
  ],
  [
    "an axis that is not there",
    () => tensor(point, { rows: "key" }),
    'layers.1.mlp.hidden has no axis "key": its axes are [batch, position, unit] of shape [2, 3, 4]',
  ],
  [
    "an entry outside",
    () => tensor(point, { index: { unit: 4 } }),
    "unit 4 is outside the 4 of layers.1.mlp",
  ],
  [
    "one axis twice",
    () => tensor(point, { rows: 1, columns: 1 }),
    "rows and columns of layers.1.mlp.hidden are both",
  ],
  ["rows of a vector", () => tensor(counting([3]), { rows: 0 }), "rows 0: tensor has 1 axes"],
  ["a tiny budget", () => tensor(point, { budget: { hard: 700 } }), "with one value, the hard budget is 700"],
])("%s: one line that says so", (_, act, message) => {
  expect(act).toThrow(message);
  expect(act).not.toThrow("\n");
});

const changed = (change: object) =>
  JSON.parse(JSON.stringify({ ...tensor(point).payload, ...change })) as unknown;

test.each<[string, object, string]>([
  ["another shape", { shape: [2, 3, 5] }, "statistics are of 24 values, shape [2, 3, 5] has 30"],
  ["an axis without name", { axes: ["a", "b"] }, "axes has 2 entries, shape [2, 3, 4] has 3 axes"],
  [
    "counts that do not add up",
    { histogram: { lo: 0, hi: 1, counts: [5] } },
    "histogram holds 5 values, 24 are finite",
  ],
  [
    "ranks with a gap",
    { shards: [{ axis: 0, parts: [{ ranks: [0], from: 1, to: 2 }] }] },
    "shards of axis 0 go from 1 to 2 after 0",
  ],
  ["ranks that stop short", { shards: [{ axis: 0, parts: [{ ranks: [0], from: 0, to: 1 }] }] }, "end at 1"],
  [
    "one axis shown twice",
    { view: { rows: 1, columns: 1, index: [0, 0, 0], scale: { kind: "linear", lo: 0, hi: 1 } } },
    "cannot be shown so",
  ],
  [
    "a view outside",
    { view: { rows: 1, columns: 2, index: [2, 0, 0], scale: { kind: "linear", lo: 0, hi: 1 } } },
    "view at batch 2: the payload does not hold it",
  ],
  ["no axes at all", { shape: "none" }, "tensor payload.shape: "],
])("a payload with %s is refused in one line", (_, change, message) => {
  expect(() => parseTensor(changed(change))).toThrow(message);
});
