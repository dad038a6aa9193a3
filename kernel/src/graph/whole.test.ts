import { expect, test } from "vitest";
import { Graph } from "./graph.js";
import { whole } from "./whole.js";

test("a graph of several segments runs as one that hands out only its results", () => {
  const graph = new Graph();
  const x = graph.input("x", "f32", ["batch", 8]);
  graph.begin("first");
  const early = graph.point(x.relu().add(2), {
    name: "early",
    aliases: [],
    axes: ["batch", "unit"],
    shape: ["batch", 8],
    partition: { kind: "whole" },
    layer: undefined,
  });
  graph.begin("second");
  const late = early.mul(2).add(x);
  const one = whole(graph, [late], "all");
  expect(one.nodes.map((node) => node.op)).toEqual(["Relu", "Add", "Mul", "Add"]);
  expect(one.inputs).toEqual([x]);
  expect(one.outputs).toEqual([late]);
  expect(one.constants).toHaveLength(2);
  expect(one.points.size).toBe(0);
});

test("a graph whose ranks add up their parts cannot run as one", () => {
  const graph = new Graph();
  const x = graph.input("x", "f32", ["batch", 8]);
  graph.begin("first");
  const sum = graph.sumOverRanks(x.relu(), "second");
  expect(() => whole(graph, [sum.add(1)], "all")).toThrow("is a sum over ranks");
});
