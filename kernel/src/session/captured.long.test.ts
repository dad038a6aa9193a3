import { inspect } from "node:util";
import { expect, test } from "vitest";
import { bundleOf } from "../display/index.js";
import { parseTensor, ranksAt, tensorType } from "../display/payload/index.js";
import { capture } from "../hooks/index.js";
import { Session } from "./session.js";
import { opt, ownRuntime, rows, quiet } from "./sessions.fixture.js";

ownRuntime();

test("a capture shows itself with its axes, the ranks that held it and where it comes from, beside its value", async () => {
  const session = await Session.open(opt, { ...quiet, mesh: { pipeline: 2, tensor: 2 } });
  const hooks = [capture("layers.2.attention.pattern[head=1|2|3]"), capture("layers.0.residual.*[unit=3]")];
  const run = await session.forward(rows, { hooks });
  const pattern = run.get("layers.2.attention.pattern");
  // Four heads on two ranks, of which the first's first is left out; the last layers are on the second stage.
  expect(pattern.shards).toEqual([
    {
      axis: 1,
      parts: [
        { ranks: [2], from: 0, to: 1 },
        { ranks: [3], from: 1, to: 3 },
      ],
    },
  ]);
  expect([pattern.name, pattern.axes]).toEqual([pattern.point.name, pattern.point.axes]);
  expect(Object.keys(pattern)).toEqual(["dtype", "shape", "data", "point", "selector"]);
  const { data } = bundleOf(pattern);
  expect(data["text/plain"]).toMatch(
    /^layers\.2\.attention\.pattern \[2, 3, 5, 5\] \(batch, head, query, key\) f32, 87 values and 63 of padding/,
  );
  expect(data["text/plain"]).toContain("split by head: rank 2 0; rank 3 1–2");
  expect(data["text/plain"]).toContain("pipeline 2 × tensor 2");
  expect(parseTensor(data[tensorType])).toMatchObject({
    alias: null,
    statistics: { count: 87, padding: 63 },
  });
  expect(inspect({ pattern })).toBe("{ pattern: layers.2.attention.pattern [2, 3, 5, 5] f32 }");
  const whole = [...run.captures.values()].filter(({ point }) => point.partition.kind === "whole");
  expect(whole.length).toBeGreaterThan(0);
  for (const { shards } of whole) expect(shards).toEqual([]);
  const { steps } = await session.generate([2, 5], { maxTokens: 2, hooks: [capture("logits")] });
  const ends = steps.map((step) => step.get("logits").shards[0]?.parts.at(-1));
  for (const end of ends) expect(end).toEqual({ ranks: [3], from: 141, to: 281 });
  await session.close();
});

test("a capture shows itself with the replicas that shared its rows", async () => {
  const session = await Session.open(opt, { ...quiet, mesh: { data: 2, tensor: 2 } });
  const points = ["layers.0.attention.pattern", "embedding", "layers.0.residual.out[batch=1|2, unit=0]"];
  const hooks = [...points, "layers.1.residual.out[batch=2]"].map((point) => capture(point));
  const run = await session.forward([...rows, [2, 8, 3]], { hooks });
  const pattern = run.get("layers.0.attention.pattern");
  // Of three rows the first replica has two, on both of its ranks.
  const byRow = {
    axis: 0,
    parts: [
      { ranks: [0, 1], from: 0, to: 2 },
      { ranks: [2, 3], from: 2, to: 3 },
    ],
  };
  const byHead = {
    axis: 1,
    parts: [
      { ranks: [0, 2], from: 0, to: 2 },
      { ranks: [1, 3], from: 2, to: 4 },
    ],
  };
  expect(pattern.shards).toEqual([byRow, byHead]);
  expect(run.get("embedding").shards).toEqual([byRow]);
  expect(run.get("layers.0.residual.out").shards[0]?.parts).toEqual([
    { ranks: [0, 1], from: 0, to: 1 },
    { ranks: [2, 3], from: 1, to: 2 },
  ]);
  // A replica without a row of what was asked for is not named.
  const second = [{ axis: 0, parts: [{ ranks: [2, 3], from: 0, to: 1 }] }];
  expect(run.get("layers.1.residual.out").shards).toEqual(second);
  const { data } = bundleOf(pattern);
  expect(data["text/plain"]).toContain("split by batch: ranks 0, 1 0–1; ranks 2, 3 2");
  const { shards } = parseTensor(data[tensorType]);
  expect([ranksAt(shards, [1, 2, 0, 0]), ranksAt(shards, [2, 1, 0, 0])]).toEqual([[1], [2]]);
  const alone = await session.forward([2, 5], { hooks: [capture("embedding")] });
  expect(alone.get("embedding").shards).toEqual([{ axis: 0, parts: [{ ranks: [0, 1], from: 0, to: 1 }] }]);
  await session.close();
});

test("a capture of rows of different lengths counts no padding in its statistics", async () => {
  const session = await Session.open(opt, { ...quiet, mesh: { tensor: 2 } });
  const points = ["layers.0.residual.out", "layers.0.attention.pattern"];
  const both = await session.forward(rows, { hooks: points.map((point) => capture(point)) });
  const alone = await Promise.all(
    rows.map((row) => session.forward([row], { hooks: points.map((point) => capture(point)) })),
  );
  for (const point of points) {
    const { statistics, shape } = parseTensor(bundleOf(both.get(point)).data[tensorType]);
    const parts = alone.map((run) => run.get(point).data);
    const values = parts.flatMap((part) => [...part]);
    const all = shape.reduce((product, size) => product * size, 1);
    expect(statistics).toMatchObject({ count: values.length, padding: all - values.length });
    expect(statistics.padding).toBeGreaterThan(0);
    expect(statistics.mean).toBeCloseTo(values.reduce((sum, x) => sum + x, 0) / values.length, 5);
    expect(statistics.max).toBeCloseTo(Math.max(...values), 5);
    expect(bundleOf(both.get(point)).data["text/plain"]).toContain("of padding, which are not counted");
  }
  // Of chosen positions none is padding, and of all rows of one length neither.
  const last = await session.forward(rows, { hooks: [capture("layers.0.residual.out[position=-1]")] });
  for (const found of [last.get("layers.0.residual.out"), alone[0]!.get("layers.0.residual.out")])
    expect(parseTensor(bundleOf(found).data[tensorType]).statistics.padding).toBeUndefined();
  // Of the rest of each row what lies beyond it is, along keys as well as along positions.
  const pattern = "layers.0.attention.pattern";
  const rest = await session.forward(rows, { hooks: [capture(`${pattern}[head=0, query=-1]`)] });
  const parts = alone.map((run, row) => {
    const { shape, data } = run.get(pattern);
    const [length] = shape.slice(3) as [number];
    expect(rest.get(pattern).lengths).toMatchObject({ query: rows.map(() => 1) });
    expect(rest.get(pattern).lengths!["key"]![row]).toBe(length);
    return [...data.subarray((length - 1) * length, length * length)];
  });
  const counted = parseTensor(bundleOf(rest.get(pattern)).data[tensorType]).statistics;
  expect(counted.count).toBe(parts.flat().length);
  expect(counted.mean).toBeCloseTo(parts.flat().reduce((sum, x) => sum + x, 0) / parts.flat().length, 6);
  await session.close();
});
