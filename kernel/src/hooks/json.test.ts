import { expect, test } from "vitest";
import {
  add,
  capture,
  edit,
  editGradient,
  keep,
  mean,
  patch,
  projectOut,
  readGradientEdit,
  readHook,
  scale,
  set,
  skip,
  traced,
  zero,
} from "./index.js";
import type { Hook } from "./index.js";

const vector = Float32Array.of(0.1, -2, 3e-7);
const hooks: Hook[] = [
  capture("layers.*.attention.pattern[head=3]", { when: "before" }),
  capture("norm"),
  capture("norm", { steps: [0, { from: 2, to: 4 }] }),
  skip("layers.2"),
  edit("norm", zero()),
  edit("norm", keep(), { steps: [0, { from: 3 }] }),
  edit("norm", mean(["position"])),
  edit("norm", scale(1.5)),
  edit("norm", add(vector)),
  edit("norm", set({ shape: [1, 3], data: vector })),
  edit("norm", patch({ shape: [1, 1, 3], data: vector })),
  edit("norm", projectOut(vector)),
];

test.each(hooks.map((hook) => [JSON.stringify(hook), hook] as const))(
  "%s is read as it was written",
  (text, hook) => {
    const read = readHook(JSON.parse(text));
    expect(read).toEqual(hook);
    expect(JSON.stringify(read)).toBe(text);
  },
);

test("an edit of a gradient is read as it was written, and where it is meant", () => {
  const change = editGradient("layers.*.mlp.output", projectOut(vector));
  const json: unknown = JSON.parse(JSON.stringify(change));
  expect(readGradientEdit(json)).toEqual(change);
  expect(() => readHook(json)).toThrow(
    'editGradient "layers.*.mlp.output" in this JSON: readGradientEdit reads it',
  );
  expect(() => readGradientEdit(JSON.parse(JSON.stringify(skip("layers.2"))))).toThrow(
    'skip "layers.2" in this JSON: readHook reads it',
  );
});

test.each([
  [null, "no hook in this JSON"],
  [{ kind: "look", selector: "norm" }, "no hook in this JSON: kind"],
  [{ kind: "edit", selector: "norm", change: { kind: "scale", factor: "2" } }, "change.factor"],
  [
    { kind: "edit", selector: "norm", change: { kind: "add", value: { shape: [2], base64: "AAAA" } } },
    "tensor of shape [2] at norm has 3 bytes, not 8",
  ],
  [
    JSON.parse(
      JSON.stringify(
        edit(
          "norm",
          traced((x) => x.mul(2)),
        ),
      ),
    ),
    "a hook by a function cannot be read from JSON",
  ],
  [JSON.parse(JSON.stringify(edit("norm", (x) => x.data))), "a hook by a function cannot be read from JSON"],
])("%j is refused", (json, message) => expect(() => readHook(json)).toThrow(message));

test("a change that is none is refused where it is written", () => {
  expect(() => edit("norm", { kind: "nonsense" } as never)).toThrow(
    'edit "norm" by {"kind":"nonsense"}: give zero()',
  );
  expect(() => edit("norm", undefined as never)).toThrow('edit "norm" by undefined');
});
