import { expect, test } from "vitest";
import { cut } from "./cut.js";
import { Graph } from "./graph.js";

function residualGraph() {
  const graph = new Graph();
  const x = graph.input("x", "f32", ["batch", 8]);
  graph.begin("first");
  const branch = x.relu();
  const early = x.add(branch);
  graph.begin("second");
  const late = branch.mul(early);
  return { graph, x, branch, early, late };
}

test("a cut hands over everything computed before it and read after it, and nothing else", () => {
  const { graph, x, branch, early, late } = residualGraph();
  const [first, second] = cut(graph, [late]);
  expect(first!.inputs).toEqual([x]);
  expect(first!.outputs).toEqual([branch, early]);
  expect(second!.inputs).toEqual([branch, early]);
  expect(second!.outputs).toEqual([late]);
  expect(first!.nodes.length + second!.nodes.length).toBe(graph.nodes.length);
});

test("a point on a value from an earlier segment is what the segment is given, not computed again", () => {
  const { graph, early, late } = residualGraph();
  graph.point(early, {
    name: "late",
    aliases: [],
    axes: ["batch", "unit"],
    shape: early.shape,
    partition: { kind: "whole" },
    layer: undefined,
  });
  const [first, second] = cut(graph, [late]);
  expect(second!.points.get("late")).toBe(early);
  expect(second!.inputs).toContain(early);
  expect(first!.outputs).toContain(early);
  expect(second!.outputs).not.toContain(early);
  expect(() => cut(graph, [])).toThrow('segment "second" computes nothing, and cannot hand out late');
});

test("a sum over ranks ends its segment, and the next name is taken by what follows", () => {
  const graph = new Graph();
  const x = graph.input("x", "f32", ["batch", 8]);
  graph.begin("layers.0.attention");
  const part = graph.sumOverRanks(x.relu(), "layers.0.out");
  graph.begin("layers.1.attention");
  const [first, second, ...rest] = cut(graph, [part.add(1)]);
  expect(rest).toEqual([]);
  expect([first!.name, second!.name]).toEqual(["layers.0.attention", "layers.1.attention"]);
  expect(first!.exchange).toEqual({ kind: "sum", value: part, over: "tensor" });
  expect(first!.outputs).toEqual([part]);
});

test("a value that is handed out ends its segment, and what follows reads what comes back", () => {
  const graph = new Graph();
  const x = graph.input("x", "f32", ["batch", 8]);
  graph.begin("embed", "host");
  const back = graph.handOut(x.relu(), "e0", "embed+");
  graph.begin("positions", "host");
  const y = back.add(1);
  // Nobody reads what comes back here, and still it leaves.
  graph.handOut(y.exp(), "e1", "positions+");
  const cuts = cut(graph, []);
  expect(cuts.map(({ name, isOnHost }) => [name, isOnHost])).toEqual([
    ["embed", true],
    ["embed+", false],
    ["positions", true],
  ]);
  const [first, second, third] = cuts;
  expect(first!.exchange).toMatchObject({ kind: "handOut", key: "e0", back: { name: "e0.back" } });
  expect(second!.inputs.map(({ name }) => name)).toEqual(["e0.back"]);
  expect(third!.inputs).toEqual([back]);
  expect(third!.exchange).toMatchObject({ kind: "handOut", key: "e1" });
});

test("nodes that nothing needs are left out, and so is a segment of them", () => {
  const { graph, early } = residualGraph();
  early.exp();
  const cuts = cut(graph, [early]);
  expect(cuts.map((c) => c.name)).toEqual(["first"]);
  expect(cuts[0]!.nodes.map((node) => node.op)).toEqual(["Relu", "Add"]);
});
