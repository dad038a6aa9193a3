import { expect, test } from "vitest";
import { randomNumbers } from "../../session/sampling.js";
import { normalQuantile } from "./distributions.js";
import { intraclass } from "./intraclass.js";
import type { Outcome } from "./outcome.js";

const rowsOf = (group: string, templates: readonly (readonly number[])[]): Outcome[] =>
  templates.flatMap((values, t) =>
    values.map((value) => ({ group, template: `t${t}`, stratum: "0", value })),
  );

// Four judges of six targets, table 2 of Shrout & Fleiss (1979): ICC(1,1) is printed as .17.
const judged = [
  [9, 2, 5, 8],
  [6, 1, 3, 2],
  [8, 4, 6, 8],
  [7, 1, 2, 6],
  [10, 5, 6, 9],
  [6, 2, 4, 7],
];

test("the correlation is that of Shrout & Fleiss, and groups do not add their distance to it", () => {
  expect(intraclass(rowsOf("a", judged))).toBeCloseTo(0.1657, 4);
  const far = judged.map((values) => values.map((value) => value + 100));
  expect(intraclass([...rowsOf("a", judged), ...rowsOf("b", far)])).toBeCloseTo(
    intraclass(rowsOf("a", judged)),
    12,
  );
});

test("rows of templates of unequal size have the correlation that they were drawn with", () => {
  const random = randomNumbers(8);
  const normal = () => normalQuantile(random());
  const templates = Array.from({ length: 1500 }, (_, t) => {
    const shared = Math.sqrt(0.3) * normal();
    return Array.from({ length: 2 + (t % 5) }, () => shared + Math.sqrt(0.7) * normal());
  });
  expect(Math.abs(intraclass(rowsOf("a", templates)) - 0.3)).toBeLessThan(0.06);
});

test("rows that are less alike than by chance have 0, and what cannot be told is NaN", () => {
  expect(
    intraclass(
      rowsOf("a", [
        [0, 1],
        [1, 0],
      ]),
    ),
  ).toBe(0);
  expect(
    intraclass(
      rowsOf("a", [
        [1, 1],
        [1, 1],
      ]),
    ),
  ).toBe(NaN);
  expect(intraclass(rowsOf("a", [[0, 1]]))).toBe(NaN);
  expect(intraclass(rowsOf("a", [[0], [1]]))).toBe(NaN);
  expect(intraclass([])).toBe(NaN);
});
