import { expect, test } from "vitest";
import type { HookPoint } from "./point.js";
import { printNamed, printPoint } from "./printPoint.js";

const point = (name: string): HookPoint => ({
  name,
  aliases: [],
  layer: undefined,
  partition: { kind: "whole" },
  axes: ["batch", "head", "query", "key"],
  shape: ["batch", 4, "position", "position"],
});
const points = ["a", "b", "c"].map(point);

test("a point is told with its sizes and its place in the forward pass", () => {
  const axes = "[batch, head 4, query, key]";
  expect(points.map((each) => printPoint(each, points))).toEqual([
    `a ${axes}, the first, before b`,
    `b ${axes}, between a and c`,
    `c ${axes}, the last, after b`,
  ]);
  expect(printPoint(points[1]!, points, "alias")).toBe(`alias ${axes}, between a and c`);
  expect(printNamed("c", points)).toBe(`c ${axes}, the last, after b`);
  const aliased = points.map((each) => ({ ...each, aliases: [`model.${each.name}`] }));
  expect(printNamed("model.b", aliased)).toBe(`model.b ${axes}, between a and c`);
  const [only] = points;
  expect(printPoint(only!, [only!])).toBe(`a ${axes}`);
});
