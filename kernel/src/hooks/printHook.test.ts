import { inspect } from "node:util";
import { expect, test } from "vitest";
import { capture } from "./capture.js";
import { edit } from "./edit.js";
import { editGradient } from "./editGradient.js";
import { add, scale, zero } from "./intervention.js";
import { skip } from "./skip.js";

test("hooks print as what they do, and stay the plain data they are", () => {
  const steered = edit("layers.3.mlp.output", add({ shape: [2], data: Float32Array.of(1, 2) }), {
    steps: [{ from: 1 }],
  });
  const told: readonly (readonly [object, string])[] = [
    [edit("norm", scale(2)), 'edit("norm", scale 2)'],
    [steered, 'edit("layers.3.mlp.output", add [2] b9c80b5a, steps [{"from":1}])'],
    [
      edit("norm", function halve(x) {
        return x;
      }),
      'edit("norm", function halve)',
    ],
    [capture("norm", { when: "before" }), 'capture("norm", before)'],
    [editGradient("norm", zero()), 'editGradient("norm", zero)'],
    [editGradient("model.norm.weight", (dx) => dx), 'editGradient("model.norm.weight", a function)'],
    [skip("layers.1"), 'skip("layers.1")'],
  ];
  for (const [hook, text] of told) {
    expect(inspect([hook])).toBe(`[ ${text} ]`);
    expect(`${hook}`).toBe(text);
  }
  expect(Object.keys(steered)).toEqual(["kind", "selector", "change", "steps"]);
  expect(JSON.parse(JSON.stringify(edit("norm", scale(2))))).toEqual({
    kind: "edit",
    selector: "norm",
    change: { kind: "scale", factor: 2 },
  });
});
