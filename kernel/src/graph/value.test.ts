import { describe, expect, test } from "vitest";
import { Graph } from "./graph.js";
import { concat } from "./value.js";

function inputs() {
  const graph = new Graph();
  return {
    graph,
    x: graph.input("x", "f32", ["batch", "position", 64]),
    heads: graph.input("heads", "f32", ["batch", 4, "position", 16]),
    tokens: graph.input("tokens", "i64", ["batch", "position"]),
    weight: graph.input("weight", "f32", [32, 64]),
  };
}

describe("shapes are inferred while the graph is written", () => {
  test("a linear map replaces the last size", () => {
    const { x, weight } = inputs();
    expect(x.linear(weight).shape).toEqual(["batch", "position", 32]);
  });
  test("attention scores of heads", () => {
    const { heads } = inputs();
    const scores = heads.matmul(heads.transpose(0, 1, 3, 2));
    expect(scores.shape).toEqual(["batch", 4, "position", "position"]);
    expect(
      scores.softmax().matmul(heads).transpose(0, 2, 1, 3).reshape("batch", "position", 64).shape,
    ).toEqual(["batch", "position", 64]);
  });
  test("a table is looked up by tokens, a residual by positions", () => {
    const { graph, x, tokens, weight } = inputs();
    expect(weight.gather(tokens).shape).toEqual(["batch", "position", 64]);
    expect(x.gatherPositions(graph.input("at", "i64", ["batch", "n"])).shape).toEqual(["batch", "n", 64]);
  });
  test("pieces of a split join again", () => {
    const { x } = inputs();
    expect(concat(x.split(2, [16, 48]), 2).shape).toEqual(x.shape);
  });
});

describe("what does not fit is refused with both shapes", () => {
  const { graph, x, heads, weight } = inputs();
  const cases: [string, () => unknown, string][] = [
    [
      "matmul",
      () => x.matmul(weight),
      "matmul of [batch, position, 64] and [32, 64]: inner sizes 64 and 32 differ",
    ],
    [
      "linear",
      () => x.linear(graph.input("w", "f32", [8, 9])),
      "linear of [batch, position, 64] and [8, 9]: inner sizes 64 and 9 differ",
    ],
    [
      "add",
      () => x.add(heads),
      "add of [batch, position, 64] and [batch, 4, position, 16]: axis -3 has sizes batch and 4",
    ],
    [
      "symbols",
      () => x.add(graph.input("y", "f32", ["batch", "key", 64])),
      "add of [batch, position, 64] and [batch, key, 64]: axis -2 has sizes position and key",
    ],
    [
      "reshape",
      () => x.reshape("batch", "position", 63),
      "reshape of [batch, position, 64] and [batch, position, 63]: they hold different numbers of elements",
    ],
    [
      "two moved symbols",
      () => x.reshape(64, "batch", "position"),
      "reshape of [batch, position, 64] and [64, batch, position]: batch and position cannot move axis together",
    ],
    ["slice", () => x.slice(2, 60, 70), "slice of [batch, position, 64]: 60 to 70 of axis 2 is out of range"],
    [
      "norm",
      () => x.rmsNorm(graph.input("g", "f32", [7]), 1e-6),
      "rms norm of [batch, position, 64] and [7]: expected [64]",
    ],
    [
      "scales of another axis",
      () => graph.input("q", "i8", [32, 64]).dequantise(graph.input("s", "f32", [64]), 0),
      "dequantise of [32, 64] and [64]: axis 0 needs 32 scales",
    ],
    [
      "what is no int8",
      () => weight.dequantise(graph.input("t", "f32", [32]), 0),
      "dequantise of f32 by f32: values must be i8 and scales f32",
    ],
    ["dtypes", () => x.add(graph.input("i", "i64", [1])), "add of f32 and i64: cast one of them first"],
    [
      "an array",
      // @ts-expect-error As from code that no compiler has seen.
      () => x.mul(Float32Array.of(1, 2)),
      "mul of an array: write it into the graph by x.graph.floats(shape, array)",
    ],
  ];
  test.each(cases)("%s", (_, make, message) => expect(make).toThrow(message));
});
