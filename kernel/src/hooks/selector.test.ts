import { describe, expect, test } from "vitest";
import type { HookPoint } from "../graph/point.js";
import { resolve } from "./resolve.js";
import { select } from "./selector.js";

const pattern = (layer: number): HookPoint => ({
  name: `layers.${layer}.attention.pattern`,
  aliases: [],
  axes: ["batch", "head", "query", "key"],
  shape: ["batch", 4, "position", "position"],
  partition: { kind: "whole" },
  layer,
});
const output = (layer: number): HookPoint => ({
  name: `layers.${layer}.attention.output`,
  aliases: [`model.decoder.layers.${layer}.self_attn`, `model.decoder.layers.${layer}.self_attn.out_proj`],
  axes: ["batch", "position", "unit"],
  shape: ["batch", "position", 64],
  partition: { kind: "whole" },
  layer,
});
const points = Array.from({ length: 12 }, (_, i) => [pattern(i), output(i)]).flat();
const names = (selector: string) => select(selector, points).map((s) => s.point.name);

describe("what a selector chooses", () => {
  test.each([
    ["layers.3.attention.pattern", 1],
    ["layers.*.attention.pattern", 12],
    ["layers.4-8.attention.pattern", 5],
    ["layers.9-10.attention.*", 4],
    ["layers.{0,11}.attention.output", 2],
    ["layers.{0, 9-11}.attention.output", 4],
    ["layers.{9..11}.attention.output", 3],
    ["layers.{2}.attention.output", 1],
    ["layers.1.*", 2],
    ["*", 24],
    ["model.decoder.layers.3.self_attn", 1],
    ["model.decoder.layers.*.self_attn", 12],
    ["model.decoder.layers.3.self_attn.out_proj", 1],
    ["model.decoder.layers.3.*", 1],
  ])("%s chooses %i points", (selector, count) => expect(names(selector)).toHaveLength(count));

  test("a range of layers is not a range of digits", () => {
    expect(names("layers.9-11.attention.output")).toEqual(
      [9, 10, 11].map((i) => `layers.${i}.attention.output`),
    );
  });
  test("several selectors give each point once, in forward order", () => {
    const chosen = resolve(["layers.2.attention.output", "layers.0-2.attention.output"], points);
    expect(chosen.map((s) => s.point.layer)).toEqual([0, 1, 2]);
  });
});

test.each([
  ["layers.0-12.attention.output", "of 0-12 there is no 12: there are 0 to 11"],
  ["model.decoder.layers.10-15.*", "of 10-15 there is no 12: there are 0 to 11"],
  ["layers.{20,3}.attention.output[unit=1]", "of {20,3} there is no 20: there are 0 to 11"],
  ["layers.{0..99}.*", "of {0..99} there is no 12: there are 0 to 11"],
])("layers that run past the model are refused and not left out: %s", (selector, message) =>
  expect(() => names(selector)).toThrow(message),
);

describe("a selector that cannot be served is refused", () => {
  const told =
    "layers.3.attention.pattern [batch, head 4, query, key], between layers.2.attention.output and layers.3.attention.output";
  test.each([
    [
      "layers.3.attn",
      'no hook point "layers.3.attn": nearest is layers.3.attention.output [batch, position, unit 64], between layers.3.attention.pattern and layers.4.attention.pattern',
    ],
    ["layers.12.attention.pattern", 'no hook point "layers.12.attention.pattern": nearest is layers.1'],
    [
      "layers.3",
      'no hook point "layers.3": nearest is layers.3.*, 2 points, of which the first is layers.3.attention.pattern [batch, head 4, query, key], between layers.2.attention.output and layers.3.attention.output',
    ],
    [
      "layers.{3,5}.attention",
      "nearest is layers.{3,5}.attention.*, 4 points, of which the first is layers.3.",
    ],
    ["layers.30", "nearest is layers.10.*, 2 points"],
    ["model.decoder.layers", "nearest is model.decoder.layers.*, 12 points"],
    ["layers.3.attention.pattern[row=1]", `"row" is no axis of ${told}`],
    ["layers.3.attention.pattern[head=4]", `head 4 is outside the 4 of ${told}`],
    ["layers.3.attention.pattern[head=2|1]", `indices 2|1 are not ascending among 4 at ${told}`],
    ["layers.3.attention.pattern[head]", '"head" is not axis=3, axis=0|3 or axis=2:5'],
    ["layers.8-4.attention.pattern", "layers 8-4 are none"],
    ["layers.3.attention.pattern[head=0, head=3]", "names head twice: several entries are head=0|3"],
    ["!layers.*", 'what is left out cannot be said by "!"'],
    ["layers.3.attention.pattern[head=-1|0]", `indices -1|0 are not ascending among 4 at ${told}`],
    ["layers.3.attention.pattern[query=-1|0]", `indices -1|0 are not ascending at ${told}`],
    ["a[b]c", "is not of the form"],
    [7 as never, 'selector 7: give a name, such as "layers.0.mlp.output"'],
  ])("%s", (selector, message) => expect(() => select(selector, points)).toThrow(message));

  describe("a point that the architecture lacks says why, and what is nearest", () => {
    const absent = { "residual.mid": "this model is parallel", norm: "this model has no final norm" };
    test.each([
      ["layers.0.residual.mid", "this model is parallel", "layers.0.attention"],
      ["layers.4-8.residual.mid", "this model is parallel", "layers."],
      ["layers.*.residual.mid[position=0]", "this model is parallel", "layers."],
      ["norm", "this model has no final norm", "layers."],
    ])("%s", (selector, why, nearest) =>
      expect(() => select(selector, points, absent)).toThrow(
        `no hook point "${selector.replace(/\[.*/, "")}": ${why}; nearest is ${nearest}`,
      ),
    );
    test("with its axes and its place", () =>
      expect(() => select("layers.3.residual.mid", points, absent)).toThrow(
        `is parallel; nearest is ${told}`,
      ));
    test.each(["layers.0.atention.norm", "layers.99.mlp.norm", "layers.12.residual.mid", "model.norm"])(
      "and is not meant by %s",
      (selector) => expect(() => select(selector, points, absent)).toThrow(/": nearest is \S+ \[/),
    );
  });
  test("two different parts of one point", () => {
    const selectors = ["layers.0.attention.pattern[head=1]", "layers.0.attention.pattern[head=2]"];
    expect(() => resolve(selectors, points)).toThrow(
      "want different parts of layers.0.attention.pattern [batch, head 4, query, key], the first, before layers.0.attention.output: ask for it once",
    );
  });
});
