import { expect, test } from "vitest";
import { checkSelected } from "./selected.js";

const rows = [
  [5, 6, 7],
  [8, 9],
];

test.each([
  ["all"],
  ["last"],
  ["none"],
  [
    [
      [0, 2],
      [1, 1],
    ],
  ],
] as const)("%j of two rows can be asked for", (wanted) => {
  expect(() => checkSelected(wanted, rows)).not.toThrow();
});

test.each([
  ["first", 'logits "first": choose all, last, none, or a list of positions for each row'],
  [[[0]], "logits at positions of 1 rows: there are 2 rows"],
  [[[], []], 'logits at no position: ask for "none"'],
  [[[0, 1], [0]], "logits at 1 positions of row 1: row 0 has 2, all need as many"],
  [[[0], [2]], "logits at position 2 of row 1: it has positions 0 to 1"],
  [[[-1], [0]], "logits at position -1 of row 0: it has positions 0 to 2"],
  [[[0.5], [0]], "logits at position 0.5 of row 0: it has positions 0 to 2"],
])("%j cannot", (wanted, message) => {
  expect(() => checkSelected(wanted as never, rows)).toThrow(message);
});
