import { expect, test } from "vitest";
import type { HookPoint } from "../graph/point.js";
import { join, type Whole } from "./assemble.js";

function point(axis: number): HookPoint {
  return {
    name: "layers.0.attention.pattern",
    aliases: [],
    axes: [],
    shape: [],
    partition: { kind: "split", axis },
    layer: 0,
  };
}

/** A tensor whose values are their own coordinates, so that any misplacement shows. */
function part(shape: number[], axis: number, start: number): Whole {
  const data: number[] = [];
  const walk = (at: number[]) => {
    if (at.length === shape.length)
      return void data.push(at.reduce((code, index, i) => code * 10 + index + (i === axis ? start : 0), 0));
    for (let index = 0; index < (shape[at.length] as number); index++) walk([...at, index]);
  };
  walk([]);
  return { dtype: "f32", shape, data: Float32Array.from(data) };
}

test.each([0, 1, 2])("uneven parts along axis %i make the whole", (axis) => {
  const sizes = [2, 3, 4];
  const whole = part(
    sizes.map((size, at) => (at === axis ? 6 : size)),
    axis,
    0,
  );
  const along = (length: number) => sizes.map((size, at) => (at === axis ? length : size));
  const parts = [part(along(3), axis, 0), part(along(1), axis, 3), part(along(2), axis, 4)];
  expect(join(parts, point(axis))).toEqual(whole);
});

test("several ranks that answer for an unsplit value are an error, not a choice", () => {
  const one = part([2], 0, 0);
  const whole = { ...point(0), partition: { kind: "whole" } as const };
  expect(() => join([one, one], whole)).toThrow(
    "2 ranks answered for layers.0.attention.pattern, which is not split",
  );
  expect(join([one], whole)).toBe(one);
});
