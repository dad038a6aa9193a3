import { describe, expect, test } from "vitest";
import type { HookPoint } from "../graph/point.js";
import { capture, type Capture } from "./capture.js";
import { edit, traced } from "./edit.js";
import { editGradient } from "./editGradient.js";
import { checkHook } from "./fits.js";
import { add, mean, projectOut, set, zero } from "./intervention.js";
import { skip } from "./skip.js";
import { trainable } from "./trained.js";

const whole = { aliases: [], partition: { kind: "whole" }, layer: 0 } as const;
const points: HookPoint[] = [
  {
    ...whole,
    name: "layers.0.attention.q",
    axes: ["batch", "head", "position", "unit"],
    shape: ["batch", 4, "position", 10],
  },
  {
    ...whole,
    name: "layers.0.residual.out",
    aliases: ["model.layers.0"],
    axes: ["batch", "position", "unit"],
    shape: ["batch", "position", 40],
  },
];
const [q, out] = ["layers.0.attention.q", "layers.0.residual.out"];
// As errors tell a point: its axes, and where it stands.
const told = {
  q: "layers.0.attention.q [batch, head 4, position, unit 10], the first, before layers.0.residual.out",
  out: "layers.0.residual.out [batch, position, unit 40], the last, after layers.0.attention.q",
};
const ones = (count: number) => new Float32Array(count).fill(1);

describe("what fits no run is told before there is one", () => {
  test.each([
    [
      edit(out, add([1, 2, 3])),
      `tensor of shape [3] at ${told.out}: the selected part is [batch, position, 40]`,
    ],
    [edit(`${out}[unit=3:9]`, set(ones(40))), "the selected part is [batch, position, 6]"],
    [
      edit(`${out}[position=-1]`, add({ shape: [2, 1], data: ones(2) })),
      "the selected part is [batch, 1, 40]",
    ],
    [edit(q, add({ shape: [3, 1, 1], data: ones(3) })), "the selected part is [batch, 4, position, 10]"],
    [
      edit(q, add(ones(40))),
      `tensor of shape [40] at ${told.q}: the selected part is [batch, 4, position, 10]: heads have an axis of their own here, give 40 units as [4, 1, 10]`,
    ],
    [
      edit(`${q}[head=1]`, add({ shape: [1, 1, 1, 1, 1], data: ones(1) })),
      "the selected part is [batch, 1, position, 10]",
    ],
    [
      editGradient(out, set([1, 2])),
      `tensor of shape [2] at ${told.out}: the selected part is [batch, position, 40]`,
    ],
    [edit(out, projectOut(ones(10))), `direction of 10 units at ${told.out}: its last axis has 40`],
    [
      edit(q, projectOut(ones(40))),
      `direction of 40 units at ${told.q}: its last axis has 10: heads have an axis of their own here`,
    ],
    [edit(out, mean(["head"])), `mean over "head", which is no axis of ${told.out}`],
    [
      capture(`${q}[head=2:5]`),
      `selector "${q}[head=2:5]": head 2:5 is empty or outside the 4 there are at ${told.q}`,
    ],
    [
      edit(
        out,
        traced((x) => x.sum([2])),
      ),
      `traced function at ${told.out}, returns f32 [batch, position]: it must be f32 [batch, position, 40]`,
    ],
    [
      edit(
        out,
        traced((x) => x.linear(x)),
      ),
      `traced function at ${told.out}: linear of [batch, position, 40] and [batch, position, 40]`,
    ],
    [
      edit(
        out,
        trainable("map", { b: ones(3) }, (x, { b }) => x.add(b)),
      ),
      `traced function at ${told.out}: add of [batch, position, 40] and [3]`,
    ],
    [skip("layers.7"), `no layer "layers.7": nearest is layers.0, which ends in ${told.out}`],
    [skip("layers.{0,3}"), 'selector "layers.{0,3}": of {0,3} there is no 3: there are 0'],
    [
      { ...capture(out), when: "befor" } as unknown as Capture,
      'capture "layers.0.residual.out" when "befor": choose before or after',
    ],
    [capture("model.layers.0.weight"), 'no hook point "model.layers.0.weight": it is a parameter'],
    [
      capture("model.layers.0.bias"),
      `its module is ${told.out.replace("layers.0.residual.out", "model.layers.0")}`,
    ],
  ])("%j", (hook, message) => expect(() => checkHook(hook, points, {})).toThrow(message));
});

test.each([
  [() => undefined, "undefined"],
  [() => 5, "5"],
  [() => Promise.reject(new Error("late")), "a promise"],
  [() => ({ shape: [2], data: ones(2) }), "a tensor of shape [2] with Float32Array of 2"],
  [() => [], "Array of 0"],
  [() => null, "null"],
])("a traced function that returns no graph value: %s", (f, returned) => {
  for (const make of [edit, editGradient])
    expect(() => checkHook(make(out, traced(f as never)), points, {})).toThrow(
      `traced function at ${told.out}, returns ${returned}: it must be a graph value, f32 [batch, position, 40]`,
    );
});

test("what fits some run is none of its business", () => {
  for (const hook of [
    edit(out, add(5)),
    edit(out, add({ shape: [7, 40], data: ones(280) })),
    edit(`${out}[position=2:5, unit=0|39]`, set({ shape: [3, 2], data: ones(6) })),
    edit(`${q}[head=-1]`, projectOut(ones(10))),
    edit(out, (x) => x),
    edit(
      out,
      traced((x) => x.add(x.graph.floats([40], ones(40)))),
    ),
    editGradient(out, zero()),
    capture(`${q}[head=1:, position=90]`),
  ])
    expect(() => checkHook(hook, points, {})).not.toThrow();
});

describe("what is no array, or is not known to the graph", () => {
  test.each([
    [() => add(undefined as never), "undefined is no array: give numbers, or { shape, data }"],
    [() => add({ shape: 3 } as never), '{"shape":3} is no array'],
    [() => projectOut(5 as never), "5 is no array"],
    [
      () =>
        checkHook(
          edit(
            out,
            traced((x) => x.add(ones(40) as never)),
          ),
          points,
          {},
        ),
      `traced function at ${told.out}: add of an array: write it into the graph by x.graph.floats(shape, array), or in an edit feed it by trainable`,
    ],
    [
      () =>
        checkHook(
          edit(
            out,
            traced((x) => x.layerNorm(undefined, undefined, NaN)),
          ),
          points,
          {},
        ),
      `traced function at ${told.out}: epsilon of LayerNormalization is NaN: it must be finite`,
    ],
  ])("%s", (make, message) => expect(make).toThrow(message));
});
