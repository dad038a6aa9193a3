import { expect, test } from "vitest";
import type { HookPoint } from "../graph/point.js";
import { edit } from "./edit.js";
import { add } from "./intervention.js";
import { placeEdits } from "./place.js";

const point: HookPoint = {
  name: "norm",
  aliases: [],
  axes: ["batch", "position", "unit"],
  shape: ["batch", "position", 4],
  partition: { kind: "whole" },
  layer: undefined,
};

/** The tensor of an edit as it is laid out over the value [2, 2, 4], broadcast to all of it. */
function laidOut(selector: string, value: readonly number[], lengths: readonly number[]): number[] {
  const { placed } = placeEdits(
    [edit(selector, add(value))],
    [point],
    {},
    { lengths, positions: 2 },
    () => {},
  );
  const change = placed[0]!.intervention;
  if (change.kind !== "add") throw new Error(change.kind);
  const { shape, data } = change.value;
  const at = (place: readonly number[]) =>
    place.slice(-shape.length).reduce((so, i, axis) => so * shape[axis]! + (shape[axis] === 1 ? 0 : i), 0);
  const [batch, position, unit] = [
    [0, 1],
    [0, 1],
    [0, 1, 2, 3],
  ];
  return batch.flatMap((b) => position.flatMap((p) => unit.map((u) => data[at([b, p, u])]!)));
}

test.each([[[2, 2]], [[1, 2]]])(
  "what is given for some units of one row lies there, rows of %j tokens",
  (lengths) => {
    const second = laidOut("norm[batch=1, unit=1:3]", [5, 7], lengths).slice(8);
    expect(second).toEqual([0, 5, 7, 0, 0, 5, 7, 0]);
    const first = laidOut("norm[batch=0, unit=1:3]", [5, 7], lengths).slice(0, 4);
    expect(first).toEqual([0, 5, 7, 0]);
  },
);

test("what is given for some units of all rows lies in each", () => {
  const row = [0, 5, 7, 0, 0, 5, 7, 0];
  expect(laidOut("norm[unit=1:3]", [5, 7], [2, 2])).toEqual([...row, ...row]);
});
