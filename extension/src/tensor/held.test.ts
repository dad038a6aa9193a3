import { expect, test } from "vitest";
import { rankLabel } from "./held.js";

test("ranks are listed as they are in a sentence", () => {
  expect([[2], [0, 4], [0, 2, 4]].map(rankLabel)).toEqual(["rank 2", "ranks 0 and 4", "ranks 0, 2 and 4"]);
});
