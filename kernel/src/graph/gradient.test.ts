import { readFileSync } from "node:fs";
import * as onnxruntime from "onnxruntime-node";
import { expect, test } from "vitest";
import { cut } from "./cut.js";
import { gradient } from "./gradient.js";
import { Graph } from "./graph.js";
import { encodeModel } from "./onnx.js";
import { concat } from "./value.js";
import type { Value } from "./value.js";

interface Dense {
  readonly shape: number[];
  readonly data: number[];
}
interface Case {
  readonly inputs: Dense[];
  readonly cotangent: Dense;
  readonly gradients: Dense[];
}

const goldens = new URL("../../../test/goldens/gradients/gradients.json", import.meta.url);
const cases = (JSON.parse(readFileSync(goldens, "utf8")) as { cases: Record<string, Case> }).cases;

/** A constant int64 index tensor, as cells and architectures feed them. */
function indices(x: Value, shape: number[], data: number[]): Value {
  return x.graph.apply("Reshape", [x.graph.integers(data), x.graph.integers(shape)], "i64", shape);
}

const functions: Record<string, (...inputs: Value[]) => Value> = {
  add: (a, b) => a!.add(b!),
  sub: (a, b) => a!.sub(b!),
  mul: (a, b) => a!.mul(b!),
  div: (a, b) => a!.div(b!.abs().add(1)),
  relu: (x) => x!.relu(),
  sigmoid: (x) => x!.sigmoid(),
  silu: (x) => x!.silu(),
  gelu: (x) => x!.gelu(),
  geluTanh: (x) => x!.gelu("tanh"),
  exp: (x) => x!.exp(),
  tanh: (x) => x!.tanh(),
  sqrtLog: (x) => x!.mul(x!).add(1).sqrt().log(),
  softmax: (x) => x!.softmax(),
  logSoftmax: (x) => x!.logSoftmax(),
  layerNorm: (x, g, b) => x!.layerNorm(g, b, 1e-5),
  rmsNorm: (x, g) => x!.rmsNorm(g!, 1e-6),
  matmul: (a, b) => a!.matmul(b!),
  linear: (x, w, b) => x!.linear(w!, b),
  affine: (x, w, b) => x!.affine(w!, b),
  headsAndBack: (x) =>
    x!.reshape(2, 3, 2, 4).transpose(0, 2, 1, 3).mul(2).transpose(0, 2, 1, 3).reshape(2, 3, 8),
  expandedHeads: (x) => x!.unsqueeze(2).expand(2, 3).reshape(2, 6, 3, 4),
  slice: (x) => x!.slice(2, 1, 4).mul(x!.slice(2, 4, 7)),
  splitConcat: (x) => {
    const [head, , tail] = x!.split(2, [2, 3, 3]);
    return concat([tail!.mul(3), head!], 2);
  },
  gather: (t) => t!.gather(indices(t!, [2, 3], [1, 3, 1, 0, 3, 3])),
  gatherPositions: (x) => x!.gatherPositions(indices(x!, [2, 2], [2, 2, 0, 1])),
  pick: (x) => x!.pick(indices(x!, [2, 3, 1], [4, 0, 2, 1, 1, 3])),
  sumMean: (x) => x!.sum([1]).mul(x!.mean([0, 1])),
  where: (x, y) => x!.where(x!.above(0.5), y!),
  erf: (x) => x!.erf(),
  cos: (x) => x!.cos(),
  sin: (x) => x!.sin(),
  neg: (x) => x!.neg(),
  abs: (x) => x!.abs(),
  splitLike: (x, a, b) => {
    const [head, tail] = x!.splitLike(1, [a!, b!], 1);
    return concat([tail!.mul(b!), head!.mul(a!)], 1);
  },
  castHalf: (x) => x!.mul(x!).cast("f16").cast("f32"),
  rotary: (x, cos, sin) =>
    x!.mul(cos!).add(concat([x!.slice(3, 2, 4).neg(), x!.slice(3, 0, 2)], 3).mul(sin!)),
};

/** Computes the wanted values, segment after segment, into `live`. */
async function evaluate(
  graph: Graph,
  wanted: Value[],
  live: Map<string, onnxruntime.Tensor>,
  options: onnxruntime.InferenceSession.SessionOptions = {},
): Promise<void> {
  for (const segment of cut(graph, wanted)) {
    const session = await onnxruntime.InferenceSession.create(encodeModel(segment, "/"), options);
    const feeds = Object.fromEntries(segment.inputs.map((v) => [v.name, live.get(v.name)!]));
    for (const [key, tensor] of Object.entries(await session.run(feeds))) live.set(key, tensor);
  }
}

test("every operator that PyTorch was asked about is written here", () => {
  expect(Object.keys(functions).sort()).toEqual(Object.keys(cases).sort());
});

test.each(Object.entries(cases))("%s has PyTorch's gradient", async (name, golden) => {
  const graph = new Graph();
  const inputs = golden.inputs.map(({ shape }, i) => graph.input(`x${i}`, "f32", shape));
  const seed = graph.input("dy", "f32", golden.cotangent.shape);
  graph.begin("forward");
  const y = functions[name]!(...inputs);
  expect(y.shape).toEqual(golden.cotangent.shape);
  const found = gradient(graph, new Map([[y, seed]]), inputs);
  const wanted = found.map((value) => value!);

  const live = new Map<string, onnxruntime.Tensor>();
  const feed = (value: Value, dense: Dense) =>
    live.set(value.name, new onnxruntime.Tensor("float32", Float32Array.from(dense.data), dense.shape));
  inputs.forEach((value, i) => feed(value, golden.inputs[i]!));
  feed(seed, golden.cotangent);
  await evaluate(graph, wanted, live);
  golden.gradients.forEach((expected, i) => {
    const got = live.get(wanted[i]!.name)!;
    expect(got.dims).toEqual(expected.shape);
    const norm = Math.hypot(...expected.data);
    const error = Math.hypot(...expected.data.map((x, j) => x - Number(got.data[j])));
    expect(norm).toBeGreaterThan(0.1);
    expect(error / norm).toBeLessThan(1e-6);
  });
});

test("what no path joins to the loss gets no gradient, and frozen weights cost no nodes", () => {
  const graph = new Graph();
  const [x, w, other] = ["x", "w", "other"].map((name) => graph.input(name, "f32", [3]));
  const y = x!.mul(w!);
  const [dx, dOther] = gradient(graph, new Map([[y, graph.input("dy", "f32", [3])]]), [x!, other!]);
  expect(dOther).toBeUndefined();
  expect(cut(graph, [dx!]).flatMap((c) => c.nodes.map((node) => node.op))).toEqual(["Mul"]);
});

test("beside a slice the gradient is zero, also where the value is infinite or no number", async () => {
  const graph = new Graph();
  const x = graph.input("x", "f32", [1, 5]);
  graph.begin("forward");
  const y = x.slice(1, 1, 3);
  const dy = graph.input("dy", "f32", [1, 2]);
  const [dx] = gradient(graph, new Map([[y, dy]]), [x]);
  const live = new Map([
    ["x", new onnxruntime.Tensor("float32", Float32Array.of(Infinity, 1, 2, NaN, -Infinity), [1, 5])],
    ["dy", new onnxruntime.Tensor("float32", Float32Array.of(3, 4), [1, 2])],
  ]);
  await evaluate(graph, [dx!], live);
  expect([...(live.get(dx!.name)!.data as Float32Array)]).toEqual([0, 3, 4, 0, 0]);
});

test("a value that is edited outside the graph has no derivative, and what lies beside it has", () => {
  const graph = new Graph();
  graph.begin("layers.0");
  const [x, w] = ["x", "w"].map((name) => graph.input(name, "f32", [3]));
  const back = graph.handOut(x!.mul(2), "e0", "layers.0+");
  const y = back.mul(w!);
  const seeds = new Map([[y, graph.input("dy", "f32", [3])]]);
  expect(() => gradient(graph, seeds, [x!])).toThrow("host edit e0 has no derivative");
  const [dw, dback] = gradient(graph, seeds, [w!, back]);
  expect([dw, dback].every((value) => value !== undefined)).toBe(true);
});

test("what many rows were taken from gets the gradients of them all, on several threads", async () => {
  const rows = 200_000;
  const cases: [string, number[], number[], (x: Value, at: Value) => Value][] = [
    ["gather", [3, 32], [rows], (x, at) => x.gather(at)],
    ["gather of batches", [3, 32], [4, rows / 4], (x, at) => x.gather(at)],
    ["gatherPositions", [1, 3, 32], [1, rows], (x, at) => x.gatherPositions(at)],
    ["pick", [1, rows], [1, rows], (x, at) => x.pick(at)],
  ];
  for (const [name, shape, places, take] of cases) {
    const graph = new Graph();
    const x = graph.input("x", "f32", shape);
    const at = graph.input("at", "i64", places);
    graph.begin("forward");
    const y = take(x, at);
    const dy = graph.input("dy", "f32", y.shape);
    const [dx] = gradient(graph, new Map([[y, dy]]), [x]);
    const count = (sizes: readonly unknown[]) => (sizes as number[]).reduce((a, b) => a * b, 1);
    const given = new Map<string, onnxruntime.Tensor>([
      ["x", new onnxruntime.Tensor("float32", new Float32Array(count(shape)), shape)],
      ["at", new onnxruntime.Tensor("int64", new BigInt64Array(rows).fill(1n), places)],
      [
        "dy",
        new onnxruntime.Tensor("float32", new Float32Array(count(y.shape)).fill(1), y.shape as number[]),
      ],
    ]);
    for (let repeat = 0; repeat < 3; repeat++) {
      const live = new Map(given);
      await evaluate(graph, [dx!], live, { intraOpNumThreads: 4 });
      const found = live.get(dx!.name)!.data as Float32Array;
      const [from, to] = name === "pick" ? [1, 2] : [32, 64];
      expect(found.slice(from, to), name).toEqual(new Float32Array(to - from).fill(rows));
      expect(
        found.filter((value) => value !== 0),
        name,
      ).toHaveLength(to - from);
    }
  }
});
