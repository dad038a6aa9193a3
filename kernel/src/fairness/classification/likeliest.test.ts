import { expect, test } from "vitest";
import { likeliestClass } from "./likeliest.js";

test("the greatest value names its class, a tie names none", () => {
  expect(likeliestClass([0.2, 0.5, 0.3])).toBe(1);
  expect(likeliestClass([0.4, 0.2, 0.4])).toBeNull();
  expect(likeliestClass([1 / 3, 1 / 3, 1 / 3])).toBeNull();
  // A model that gives no number has said nothing.
  expect(likeliestClass([NaN, NaN])).toBeNull();
});
