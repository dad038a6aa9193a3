import { describe, expect, test } from "vitest";
import type { Checkpoint, StoredTensor } from "./checkpoint.js";
import { expectTensors, findTensor } from "./expect.js";

function checkpoint(
  tensors: Record<string, readonly number[]>,
  dtype: StoredTensor["dtype"] = "f16",
): Checkpoint {
  const stored = Object.entries(tensors).map(([name, shape], i): [string, StoredTensor] => [
    name,
    { name, shape, dtype, file: "/w", offset: i, bytes: 0 },
  ]);
  return {
    folder: "/tiny",
    config: {},
    generationConfig: undefined,
    tensors: new Map(stored),
    format: "safetensors",
    fingerprint: "",
    stamp: "",
  };
}

const expected = new Map<string, readonly number[]>([
  ["transformer.wte.weight", [9, 4]],
  ["transformer.h.0.attn.c_attn.weight", [4, 12]],
  ["lm_head.weight", [9, 4]],
]);
const wanted = {
  expected,
  basePrefix: "transformer.",
  isIgnorable: (name: string) => /\.attn\.(masked_)?bias$/.test(name),
};
const full = Object.fromEntries(expected);
const bare = { "wte.weight": [9, 4], "h.0.attn.c_attn.weight": [4, 12], "lm_head.weight": [9, 4] };

test.each([
  ["with", full],
  ["without", bare],
])("tensors are found %s the base model's prefix, under their full names", (_, tensors) => {
  const found = expectTensors(checkpoint(tensors), wanted);
  expect([...found.keys()]).toEqual([...expected.keys()]);
  expect([...found.values()].map(({ name }) => name)).toEqual(Object.keys(tensors));
});

test("a head that is named like what follows the prefix is not taken for it", () => {
  const base = checkpoint({ "head.weight": [1] });
  expect(findTensor(base, "lm_head.weight", "lm_")?.name).toBe("head.weight");
  expect(findTensor(base, "xx_head.weight", "lm_")).toBeUndefined();
  expect(findTensor(base, "head.weight", "")?.name).toBe("head.weight");
});

test("what an architecture says may be there is passed over", () => {
  const masks = { "h.0.attn.bias": [1, 1, 8, 8], "h.0.attn.masked_bias": [] };
  expect(expectTensors(checkpoint({ ...bare, ...masks }), wanted).size).toBe(3);
});

describe("what does not fit is one line that names it", () => {
  const withoutTable = Object.fromEntries(Object.entries(bare).filter(([name]) => name !== "wte.weight"));
  test.each([
    [
      "missing and not expected",
      checkpoint({ ...withoutTable, "wte.wieght": [9, 4] }),
      'tensors of /tiny: missing: "transformer.wte.weight" (nearest is "wte.wieght"); not expected: "wte.wieght" [9, 4]',
    ],
    [
      "another shape",
      checkpoint({ ...bare, "wte.weight": [4, 9] }),
      'wrong: "wte.weight" is [4, 9], not [9, 4]',
    ],
    [
      "another rank",
      checkpoint({ ...bare, "wte.weight": [9, 4, 1] }),
      'wrong: "wte.weight" is [9, 4, 1], not [9, 4]',
    ],
    [
      "quantised",
      checkpoint(bare, "i8"),
      'wrong: "wte.weight" is i8, not one of f32, f16, bf16, "h.0.attn.c_attn.weight" is i8',
    ],
    [
      "both names at once",
      checkpoint({ ...bare, "transformer.wte.weight": [9, 4] }),
      'tensors of /tiny: not expected: "wte.weight" [9, 4]',
    ],
    [
      "many",
      checkpoint(
        Object.fromEntries([
          ...Object.entries(bare),
          ...[1, 2, 3, 4, 5].map((i): [string, number[]] => [`x${i}`, [i]]),
        ]),
      ),
      'tensors of /tiny: not expected: "x1" [1], "x2" [2], "x3" [3] and 2 more',
    ],
    [
      "nothing there",
      checkpoint({}),
      'tensors of /tiny: missing: "transformer.wte.weight", "transformer.h.0',
    ],
  ])("%s", (_, held, message) => {
    expect(() => expectTensors(held, wanted)).toThrow(message);
    expect(() => expectTensors(held, wanted)).toThrow(/^[^\n]+$/);
  });
});
