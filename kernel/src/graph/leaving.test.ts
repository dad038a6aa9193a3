import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { cut } from "./cut.js";
import { Graph } from "./graph.js";
import { leavingOf } from "./leaving.js";
import { encodeModel } from "./onnx.js";
import { concat, type Value } from "./value.js";

/** A linear map over all positions. */
function linearGraph() {
  const graph = new Graph();
  const x = graph.input("x", "f32", ["batch", "position", 2]);
  const y = x.linear(graph.floats([3, 2], [1, 2, 3, 4, 5, 6]));
  return { graph, y };
}

const segmentOf = (graph: Graph, result: Value) => cut(graph, [result])[0]!;

test("what was reshaped leaves its segment as the matrix it was, and its shape is told by the inputs", async () => {
  const { graph, y } = linearGraph();
  const segment = segmentOf(graph, y);
  const { as, shape } = leavingOf(segment).get(y)!;
  expect(as.shape).toEqual(["batch*position", 3]);
  expect(shape).toEqual([{ input: "x", axis: 0 }, { input: "x", axis: 1 }, 3]);
  const run = async (model: Uint8Array) => {
    const session = await InferenceSession.create(model);
    return session.run({ x: new Tensor("float32", [1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]) });
  };
  const whole = (await run(encodeModel(segment, "/")))[y.name]!;
  const left = await run(encodeModel(segment, "/", leavingOf(segment)));
  expect(Object.keys(left)).toEqual([as.name]);
  expect(whole.dims).toEqual([2, 2, 3]);
  expect(left[as.name]!.dims).toEqual([4, 3]);
  expect(left[as.name]!.data).toEqual(whole.data);
});

test("a value that is read on as well leaves so too; one that stays inside does not leave", () => {
  const { graph, y } = linearGraph();
  const sum = y.add(1);
  const leaving = leavingOf(cut(graph, [y, sum])[0]!);
  expect([...leaving.keys()]).toEqual([y, sum]);
  expect(leaving.get(y)!.as).not.toBe(y);
  expect(leaving.get(sum)).toMatchObject({ as: sum, shape: leaving.get(y)!.shape });
  expect([...leavingOf(segmentOf(graph, sum)).keys()]).toEqual([sum]);
});

test("a value whose sizes no input has, or that the segment did not make, leaves as it is", () => {
  const graph = new Graph();
  const rows = (name: string) => graph.input(name, "f32", ["batch", name, 2]);
  const joined = concat([rows("past"), rows("new")], 1).linear(graph.floats([1, 2], [1, 1]));
  expect(joined.shape).toEqual(["batch", "past+new", 1]);
  expect(leavingOf(segmentOf(graph, joined)).get(joined)).toEqual({ as: joined, shape: undefined });
  const given = new Graph();
  const reshaped = given.input("x", "f32", ["batch", 6]).reshape("batch", 2, 3);
  expect(leavingOf(segmentOf(given, reshaped)).get(reshaped)!.as).toBe(reshaped);
});
