import { describe, expect, test } from "vitest";
import { gradient } from "../graph/gradient.js";
import { Graph } from "../graph/graph.js";
import type { HookPoint } from "../graph/point.js";
import { runRanks } from "../graph/ranks.fixture.js";
import type { Dense } from "../graph/ranks.fixture.js";
import { applyEdit } from "./apply.js";
import { add, keep, mean, projectOnto, projectOut, scale, set, zero } from "./intervention.js";
import type { Intervention } from "./intervention.js";
import { record } from "./program.js";

/** [batch 2, position 3, unit 8], of which each of two ranks holds four units. */
const units = 8;
const point: HookPoint = {
  name: "layers.0.mlp.hidden",
  aliases: [],
  axes: ["batch", "position", "unit"],
  shape: ["batch", "position", units],
  partition: { kind: "split", axis: 2 },
  layer: 0,
};
const whole: Dense = {
  shape: [2, 3, units],
  data: Float32Array.from({ length: 48 }, (_, i) => Math.sin(i * 1.7) * 2),
};
const cotangent: Dense = { shape: whole.shape, data: whole.data.map((_, i) => Math.cos(i * 0.9)) };
const direction = Float32Array.from({ length: units }, (_, i) => Math.cos(i * 2.3));

function part({ shape, data }: Dense, rank: number, size: number): Dense {
  const own = units / size;
  const rows = data.length / units;
  const taken = Array.from({ length: rows }, (_, r) => [
    ...data.subarray(r * units + rank * own, r * units + (rank + 1) * own),
  ]);
  return { shape: [...shape.slice(0, -1), own], data: Float32Array.from(taken.flat()) };
}
function join(parts: Dense[]): number[] {
  const rows = parts[0]!.data.length / (units / parts.length);
  return Array.from({ length: rows }, (_, r) =>
    parts.flatMap((p) => [...p.data.subarray((r * units) / parts.length, ((r + 1) * units) / parts.length)]),
  ).flat();
}

/** The edited value and the gradient of Σ y·cotangent with respect to x, over `size` ranks. */
async function run(intervention: Intervention, size: number, given?: Dense, region?: Dense) {
  const slices = region ? [{ axis: 1, entries: { kind: "indices" as const, indices: [1] } }] : [];
  const ranks = Array.from({ length: size }, (_, rank) => {
    const graph = new Graph();
    graph.begin("layers.0");
    const x = graph.input("x", "f32", ["batch", "position", units / size]);
    const dy = graph.input("dy", "f32", x.shape);
    const y = applyEdit(
      x.mul(1),
      point,
      { rank, size },
      { key: "e", point: point.name, slices, intervention },
    );
    const [dx] = gradient(graph, new Map([[y, dy]]), [x]);
    const isVector = intervention.kind === "project";
    const feeds: Record<string, Dense> = { x: part(whole, rank, size), dy: part(cotangent, rank, size) };
    if (intervention.kind === "mean")
      feeds["e.valid"] = { shape: [2, 3, 1], data: new Float32Array(6).fill(1) };
    if (given) feeds["e.given"] = isVector ? given : part(given, rank, size);
    if (region) feeds["e.region"] = region;
    return { graph, results: dx ? [y, dx] : [y], feeds };
  });
  const results = await runRanks(ranks);
  return { y: join(results.map((r) => r[0]!)), dx: results[0]![1] && join(results.map((r) => r[1]!)) };
}

const x = [...whole.data];
const unit = direction.map((d) => d / Math.hypot(...direction));
const vector = { shape: [units], data: direction };
const dots = [0, 1, 2, 3, 4, 5].map((row) => unit.reduce((sum, d, i) => sum + d * x[row * units + i]!, 0));
const along = x.map((_, i) => dots[Math.floor(i / units)]! * unit[i % units]!);
const means = Array.from(
  { length: units },
  (_, u) => [0, 1, 2, 3, 4, 5].reduce((s, r) => s + x[r * units + u]!, 0) / 6,
);
const traced: Intervention = {
  kind: "traced",
  program: record(point, (v) => v.softmax().mul(v)),
};
const softmaxed = x.map((v, i) => {
  const row = x.slice(Math.floor(i / units) * units, Math.floor(i / units) * units + units);
  return (Math.exp(v) / row.reduce((s, w) => s + Math.exp(w), 0)) * v;
});

describe.each([1, 2])("over %i ranks an intervention is what plain arithmetic says", (size) => {
  const cases: [string, Intervention, number[], Dense?][] = [
    ["zero", zero(), x.map(() => 0)],
    ["scale", scale(-2.5), x.map((v) => v * -2.5)],
    ["add", add(vector), x.map((v, i) => v + direction[i % units]!), vector],
    ["set", set(vector), x.map((_, i) => direction[i % units]!), vector],
    ["mean", mean(), x.map((_, i) => means[i % units]!)],
    ["project out", projectOut(direction), x.map((v, i) => v - along[i]!), { shape: [units], data: unit }],
    ["project onto", projectOnto(direction), along, { shape: [units], data: unit }],
    ["traced", traced, softmaxed],
    ["keep of everything", keep(), x],
  ];
  test.each(cases)("%s", async (_, intervention, expected, given) => {
    const { y } = await run(intervention, size, given);
    expected.forEach((value, i) => expect(y[i]).toBeCloseTo(value, 5));
  });

  test("outside the selected positions every bit stays", async () => {
    // Row 0 selects position 1, row 1 position 2.
    const region = { shape: [2, 3, 1], data: Float32Array.from([0, 1, 0, 0, 0, 1]) };
    const scaled = (await run(scale(3), size, undefined, region)).y;
    const kept = (await run(keep(), size, undefined, region)).y;
    x.forEach((value, i) => {
      const chosen = region.data[Math.floor(i / units)] === 1;
      expect(scaled[i]).toBe(chosen ? Math.fround(value * 3) : value);
      expect(kept[i]).toBe(chosen ? value : 0);
    });
  });
});

describe("the gradient through an edit that mixes the ranks' units is the whole one", () => {
  test.each([
    ["project out", projectOut(direction), { shape: [units], data: unit }],
    ["mean", mean(), undefined],
    ["traced", traced, undefined],
  ] as [string, Intervention, Dense | undefined][])("%s", async (_, intervention, given) => {
    const one = (await run(intervention, 1, given)).dx!;
    const two = (await run(intervention, 2, given)).dx!;
    expect(Math.hypot(...one)).toBeGreaterThan(0.5);
    expect(Math.hypot(...one.map((v, i) => v - two[i]!)) / Math.hypot(...one)).toBeLessThan(1e-6);
  });
});
