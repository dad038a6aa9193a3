import { expect, test } from "vitest";
import type { Axis } from "../graph/point.js";
import { select } from "./selector.js";
import type { AxisSlice } from "./selector.js";
import { replaceSlice, sliceDense, slicedShape, tokensWithin } from "./slice.js";

const axes: Axis[] = ["batch", "head", "query", "key"];
const whole = { data: Float32Array.from({ length: 2 * 4 * 5 * 5 }, (_, i) => i), shape: [2, 4, 5, 5] };
const at = (b: number, h: number, q: number, k: number) => ((b * 4 + h) * 5 + q) * 5 + k;

function slices(text: string): readonly AxisSlice[] {
  const point = {
    name: "p",
    aliases: [],
    axes,
    shape: ["batch", 4, "position", "position"],
    partition: { kind: "whole" as const },
    layer: 0,
  };
  return select(`p[${text}]`, [point])[0]!.slices;
}

test("an index keeps its axis, with size one", () => {
  const { data, shape } = sliceDense(whole, slices("head=3, query=-1"), { axes, lengths: [5, 5] })!;
  expect(shape).toEqual([2, 1, 1, 5]);
  expect([...data.subarray(5)]).toEqual([0, 1, 2, 3, 4].map((k) => at(1, 3, 4, k)));
});

test("a negative position is counted from each row's own end, not from its padding", () => {
  const { data } = sliceDense(whole, slices("head=0, query=-1, key=-2"), { axes, lengths: [5, 3] })!;
  expect([...data]).toEqual([at(0, 0, 4, 3), at(1, 0, 2, 1)]);
});

test("several indices and ranges", () => {
  const { data, shape } = sliceDense(whole, slices("head=0|2, query=1:3, key=:2"), {
    axes,
    lengths: [5, 5],
  })!;
  expect(shape).toEqual([2, 2, 2, 2]);
  expect([...data.subarray(0, 8)]).toEqual([
    at(0, 0, 1, 0),
    at(0, 0, 1, 1),
    at(0, 0, 2, 0),
    at(0, 0, 2, 1),
    at(0, 2, 1, 0),
    at(0, 2, 1, 1),
    at(0, 2, 2, 0),
    at(0, 2, 2, 1),
  ]);
});

test("one row of the batch", () => {
  const { data, shape } = sliceDense(whole, slices("batch=1, head=1, query=0"), { axes, lengths: [5, 3] })!;
  expect(shape).toEqual([1, 1, 1, 5]);
  expect(data[2]).toBe(at(1, 1, 0, 2));
});

test("shards joined in rank order are the slice of the whole", () => {
  const wanted = slices("head=1|2|3, query=-1");
  const context = { axes, lengths: [5, 3] };
  const expected = sliceDense(whole, wanted, context)!;
  const shard = (start: number) => {
    const data = Float32Array.from(
      [0, 1].flatMap((b) => [...whole.data.subarray(at(b, start, 0, 0), at(b, start + 1, 4, 4) + 1)]),
    );
    return sliceDense({ data, shape: [2, 2, 5, 5] }, wanted, {
      ...context,
      held: [{ axis: 1, start, whole: 4 }],
    })!;
  };
  const parts = [shard(0), shard(2)];
  expect(parts.map((p) => p.shape[1])).toEqual([1, 2]);
  const joined = [0, 1].flatMap((b) =>
    parts.flatMap((p) => [...p.data.subarray((b * p.data.length) / 2, ((b + 1) * p.data.length) / 2)]),
  );
  expect(joined).toEqual([...expected.data]);
});

test("a shard that holds nothing of the slice gives nothing", () => {
  const held = [{ axis: 1, start: 2, whole: 4 }];
  const part = { data: new Float32Array(2 * 2 * 25), shape: [2, 2, 5, 5] };
  expect(sliceDense(part, slices("head=0"), { axes, lengths: [5, 5], held })).toBeUndefined();
});

test("the shape is known before the run", () => {
  expect(slicedShape([2, 4, 5, 5], slices("head=0|2, key=1:"), { axes, lengths: [5, 3] })).toEqual([
    2, 2, 5, 4,
  ]);
});

test("what does not fit every row is refused", () => {
  const context = { axes, lengths: [5, 3] };
  expect(() => sliceDense(whole, slices("query=-4"), context)).toThrow(
    "query -4 is outside the 3 tokens of row 1",
  );
  expect(() => sliceDense(whole, slices("query=1:-1"), context)).toThrow(
    "different sizes in rows of 5, 3 tokens",
  );
  expect(() => sliceDense(whole, slices("query=7"), context)).toThrow("query 7 is outside the 5 there are");
});

test("padding is no position: what a shorter row does not have is refused, unless the row is not wanted", () => {
  const context = { axes, lengths: [5, 3] };
  for (const [wanted, message] of [
    ["query=3", "query 3 is outside the 3 tokens of row 1"],
    ["head=0, key=1|4", "key 4 is outside the 3 tokens of row 1"],
    ["query=1:4", "query 1:4 is empty or outside the 3 tokens of row 1"],
    ["query=:5", "query :5 is empty or outside the 3 tokens of row 1"],
  ] as const) {
    expect(() => sliceDense(whole, slices(wanted), context)).toThrow(message);
    expect(() => slicedShape(whole.shape, slices(wanted), context)).toThrow(message);
  }
  const first = sliceDense(whole, slices("batch=0, head=1, query=4, key=1:4"), context)!;
  expect(first.shape).toEqual([1, 1, 1, 3]);
  expect([...first.data]).toEqual([1, 2, 3].map((k) => at(0, 1, 4, k)));
  const second = sliceDense(whole, slices("batch=1, head=1, query=0:2, key=0"), { axes, lengths: [1, 3] })!;
  expect([...second.data]).toEqual([0, 1].map((q) => at(1, 1, q, 0)));
});

test("what is open at its end keeps its padding, and says how much of it is tokens", () => {
  const context = { axes, lengths: [5, 3] };
  const open = sliceDense(whole, slices("query=2:"), context)!;
  expect(open.shape).toEqual([2, 4, 3, 5]);
  expect(tokensWithin(whole.shape, slices("query=2:"), context)).toEqual({ query: [3, 1], key: [5, 3] });
  expect(tokensWithin(whole.shape, slices("batch=1, query=-1"), context)).toEqual({ query: [1], key: [3] });
});

test("a replaced part stands where it was taken from, and nothing else changes", () => {
  const context = { axes, lengths: [5, 3] };
  for (const text of ["head=0|2, query=-1", "batch=1, key=1:3", "head=1", "query=-2:, key=0|2"]) {
    const wanted = slices(text);
    const part = sliceDense(whole, wanted, context)!;
    const changed = replaceSlice(whole, { ...part, data: part.data.map((x) => -1 - x) }, wanted, context);
    expect(sliceDense(changed, wanted, context)!.data).toEqual(part.data.map((x) => -1 - x));
    expect(changed.data.filter((x) => x >= 0)).toHaveLength(whole.data.length - part.data.length);
    expect(changed.data.every((x, i) => x === whole.data[i] || x === -1 - whole.data[i]!)).toBe(true);
  }
});
