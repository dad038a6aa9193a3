import { expect, test } from "vitest";
import type { HookPoint } from "../graph/point.js";
import type { Acting } from "./acting.js";
import { capture, type Capture } from "./capture.js";
import { captureParts } from "./parts.js";

const name = "layers.0.attention.pattern";
const points: HookPoint[] = [
  {
    name,
    aliases: [],
    axes: ["batch", "head", "query", "key"],
    shape: ["batch", 4, "position", "position"],
    partition: { kind: "whole" },
    layer: 0,
  },
];
const keys = (...captures: readonly Acting<Capture>[]) =>
  captureParts(captures, points, {}).map(({ key, selection }) => [key, selection.selector]);
const of = (entries: string) => capture(`${name}${entries}`);
const lasting = (entries: string) => ({ ...of(entries), lasting: "look" });

test("the only part of a point has its name, and so has the whole among several", () => {
  expect(keys(of("[head=0]"))).toEqual([[name, `${name}[head=0]`]]);
  expect(keys(of("[head=0]"), of(""))).toEqual([
    [`${name}[head=0]`, `${name}[head=0]`],
    [name, name],
  ]);
});

test("other parts have their entries behind it, in the order of the axes", () => {
  expect(keys(of("[head=0]"), of("[query=-1, head=1|2]"), of("[query=1:]")).map(([key]) => key)).toEqual([
    `${name}[head=0]`,
    `${name}[head=1|2, query=-1]`,
    `${name}[query=1:]`,
  ]);
});

test("equal parts are one, however they are written", () => {
  expect(keys(of("[head=1, query=-1]"), of("[query=-1, head=1]"), of("[key=:, head=1, query=-1]"))).toEqual([
    [name, `${name}[head=1, query=-1]`],
  ]);
});

test("a value before its edits is another one, and comes first", () => {
  const before = capture(`${name}[head=0]`, { when: "before" });
  const both = capture(`${name}[head=1]`, { when: "before" });
  expect(keys(of(""), before).map(([key]) => key)).toEqual([`${name}@before`, name]);
  expect(keys(of(""), before, both).map(([key]) => key)).toEqual([
    `${name}@before[head=0]`,
    `${name}@before[head=1]`,
    name,
  ]);
});

test("what lasting hooks ask for changes no name of the call's own", () => {
  for (const other of ["", "[head=0]", "[head=1]"]) {
    const own = keys(lasting(other), of("[head=1]")).find(([, selector]) => selector === `${name}[head=1]`);
    expect(own).toEqual([name, `${name}[head=1]`]);
  }
  expect(keys(lasting(""), of("[head=1]")).map(([key]) => key)).toEqual([`${name}[batch=:]`, name]);
  expect(keys(lasting("[head=0]"), of("")).map(([key]) => key)).toEqual([`${name}[head=0]`, name]);
  expect(keys(lasting("[head=0]"), lasting("")).map(([key]) => key)).toEqual([`${name}[head=0]`, name]);
});
