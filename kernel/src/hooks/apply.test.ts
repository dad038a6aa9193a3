import { describe, expect, test } from "vitest";
import { gradient } from "../graph/gradient.js";
import { Graph } from "../graph/graph.js";
import { shareOf, type HookPoint } from "../graph/point.js";
import { runRanks } from "../graph/ranks.fixture.js";
import type { Dense, Places } from "../graph/ranks.fixture.js";
import { applyEdit, mixesRows } from "./apply.js";
import { rowFeeds } from "./feeds.js";
import { add, keep, mean, projectOnto, projectOut, scale, set, zero } from "./intervention.js";
import type { Intervention } from "./intervention.js";
import { record } from "./program.js";

/** [batch 2, position 3, unit 8], of which ranks hold some units of some rows. */
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
const rowSize = 3 * units;
function rowsOf({ shape, data }: Dense, from: number, to: number): Dense {
  const size = data.length / shape[0]!;
  return { shape: [to - from, ...shape.slice(1)], data: data.slice(from * size, to * size) };
}
function join(parts: Dense[]): number[] {
  const rows = parts[0]!.data.length / (units / parts.length);
  return Array.from({ length: rows }, (_, r) =>
    parts.flatMap((p) => [...p.data.subarray((r * units) / parts.length, ((r + 1) * units) / parts.length)]),
  ).flat();
}

/** One rank; the tensor ranks of one replica; more replicas of two ranks than rows: the last runs along for nobody. */
const meshes = [
  { data: 1, tensor: 1 },
  { data: 1, tensor: 2 },
  { data: 3, tensor: 2 },
];
type Mesh = (typeof meshes)[number];

/** The edited value and the gradient of Σ y·cotangent with respect to x, over the ranks of a mesh. */
async function run(intervention: Intervention, { data, tensor: size }: Mesh, given?: Dense, region?: Dense) {
  const slices = region ? [{ axis: 1, entries: { kind: "indices" as const, indices: [1] } }] : [];
  const ranks = Array.from({ length: data * size }, (_, index) => {
    const rank = index % size;
    const replica = { rank: Math.floor(index / size), size: data };
    const share = shareOf(2, replica);
    const tells = share.from < share.to;
    const { from, to } = tells ? share : { from: 0, to: 1 };
    const graph = new Graph();
    graph.begin("layers.0");
    const x = graph.input("x", "f32", ["batch", "position", units / size]);
    const dy = graph.input("dy", "f32", x.shape);
    const y = applyEdit(
      x.mul(1),
      point,
      { tensor: { rank, size }, data: replica },
      { key: "e", point: point.name, slices, intervention },
    );
    const [dx] = gradient(graph, new Map([[y, dy]]), [x]);
    const isVector = intervention.kind === "project";
    const own = (value: Dense) => part(rowsOf(value, from, to), rank, size);
    const seed = own(cotangent);
    const feeds: Record<string, Dense | Places> = {
      x: own(whole),
      dy: tells ? seed : { ...seed, data: seed.data.map(() => 0) },
    };
    const places = rowFeeds({
      lengths: [3, 3],
      positions: 3,
      shard: { rank, size },
      rows: { from, to, tells },
    });
    for (const [name, fed] of places) feeds[name] = fed as Dense | Places;
    if (intervention.kind === "mean") {
      const count = mixesRows(intervention) ? 2 : to - from;
      feeds["e.valid"] = { shape: [count, 3, 1], data: new Float32Array(3 * count).fill(1) };
    }
    if (intervention.kind === "scale")
      feeds["e.given"] = { shape: [1], data: Float32Array.of(intervention.factor) };
    if (given) feeds["e.given"] = isVector ? given : part(given, rank, size);
    if (region) feeds["e.region"] = rowsOf(region, from, to);
    return { graph, results: dx ? [y, dx] : [y], feeds };
  });
  const results = await runRanks(ranks, size);
  const replicas = Array.from({ length: data }, (_, at) => results.slice(at * size, (at + 1) * size));
  const all = (of: 0 | 1) =>
    replicas
      .slice(0, 2)
      .flatMap((parts) => join(parts.map((result) => result[of]!)))
      .slice(0, 2 * rowSize);
  return { y: all(0), dx: results[0]![1] && all(1) };
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
const argument = { x: { dtype: "f32", shape: point.shape } } as const;
const traced: Intervention = {
  kind: "traced",
  program: record("traced", argument, ({ x }) => ({ y: x!.softmax().mul(x!) })),
};
/** Each entry takes its share of the sum over the rows. */
const overRows: Intervention = {
  kind: "traced",
  program: record("traced", argument, ({ x }) => ({ y: x!.mul(x!.sum([0], true)) })),
};
const summed = x.map((v, i) => v * (x[i % rowSize]! + x[rowSize + (i % rowSize)]!));
const softmaxed = x.map((v, i) => {
  const row = x.slice(Math.floor(i / units) * units, Math.floor(i / units) * units + units);
  return (Math.exp(v) / row.reduce((s, w) => s + Math.exp(w), 0)) * v;
});

describe.each(meshes)(
  "over data $data, tensor $tensor an intervention is what plain arithmetic says",
  (mesh) => {
    const cases: [string, Intervention, number[], Dense?][] = [
      ["zero", zero(), x.map(() => 0)],
      ["scale", scale(-2.5), x.map((v) => v * -2.5)],
      ["add", add(vector), x.map((v, i) => v + direction[i % units]!), vector],
      ["set", set(vector), x.map((_, i) => direction[i % units]!), vector],
      ["mean", mean(), x.map((_, i) => means[i % units]!)],
      ["project out", projectOut(direction), x.map((v, i) => v - along[i]!), { shape: [units], data: unit }],
      ["project onto", projectOnto(direction), along, { shape: [units], data: unit }],
      ["traced", traced, softmaxed],
      ["traced over rows", overRows, summed],
      ["keep of everything", keep(), x],
    ];
    test.each(cases)("%s", async (_, intervention, expected, given) => {
      const { y } = await run(intervention, mesh, given);
      expected.forEach((value, i) => expect(y[i]).toBeCloseTo(value, 5));
    });

    test("outside the selected positions every bit stays", async () => {
      // Row 0 selects position 1, row 1 position 2.
      const region = { shape: [2, 3, 1], data: Float32Array.from([0, 1, 0, 0, 0, 1]) };
      const scaled = (await run(scale(3), mesh, undefined, region)).y;
      const kept = (await run(keep(), mesh, undefined, region)).y;
      x.forEach((value, i) => {
        const chosen = region.data[Math.floor(i / units)] === 1;
        expect(scaled[i]).toBe(chosen ? Math.fround(value * 3) : value);
        expect(kept[i]).toBe(chosen ? value : 0);
      });
    });
  },
);

describe("the gradient through an edit that mixes what the ranks share is the whole one", () => {
  test.each([
    ["project out", projectOut(direction), { shape: [units], data: unit }],
    ["mean", mean(), undefined],
    ["mean within rows", mean(["position"]), undefined],
    ["traced", traced, undefined],
    ["traced over rows", overRows, undefined],
  ] as [string, Intervention, Dense | undefined][])("%s", async (_, intervention, given) => {
    const [one, ...shared] = await Promise.all(
      meshes.map(async (mesh) => (await run(intervention, mesh, given)).dx!),
    );
    expect(Math.hypot(...one!)).toBeGreaterThan(0.5);
    for (const dx of shared)
      expect(Math.hypot(...one!.map((v, i) => v - dx[i]!)) / Math.hypot(...one!)).toBeLessThan(1e-6);
  });
});
