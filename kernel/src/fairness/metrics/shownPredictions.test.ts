import { expect, test } from "vitest";
import { bundleOf } from "../../display/index.js";
import type { Prediction } from "./prediction.js";
import { shownPredictions } from "./shownPredictions.js";

const row = (group: string, label: number, predicted: number | null): Prediction => ({
  category: "age",
  group,
  label,
  predicted,
});

test("predictions show how many of each group are right, and from how many no class was read", () => {
  const rows = shownPredictions([
    row("old", 0, 0),
    row("old", 1, null),
    row("old", 1, 2),
    row("young", 2, 2),
  ]);
  const text = String(bundleOf(rows).data["text/plain"]).split("\n");
  expect(text[0]).toBe("4 predictions, 2 right, 1 without a class; 2 groups");
  expect(text[1]).toMatch(/^category +group +rows +right +no class +accuracy$/);
  expect(text[3]).toMatch(/^age +old +3 +1 +1 +0\.333$/);
  expect(text[4]).toMatch(/^age +young +1 +1 +0 +1\.000$/);
  expect(rows.filter(({ group }) => group === "old")).toHaveLength(3);
  expect(String(bundleOf(shownPredictions([])).data["text/plain"])).toContain("0 predictions, 0 right");
});
