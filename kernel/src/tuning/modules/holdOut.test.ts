import { expect, it } from "vitest";
import { holdOut } from "./holdOut.js";

const rows = Array.from({ length: 40 }, (_, row) => [row, row + 1]);

it("splits every row off or leaves it to learn from, by the seed alone", () => {
  const first = holdOut(rows, 7, 3);
  expect(first.heldOut).toHaveLength(7);
  expect(first.held).toEqual(first.heldOut.map((row) => rows[row]));
  expect([...first.held!, ...first.rows].sort(([a], [b]) => a! - b!)).toEqual(rows);
  expect(holdOut(rows, 7, 3)).toEqual(first);
  expect(holdOut(rows, 7, 4).heldOut).not.toEqual(first.heldOut);
  // Every row is held out about as often as any other: 2000 draws of 7 of 40, by six deviations.
  const counts = rows.map(() => 0);
  for (let seed = 0; seed < 2000; seed++) for (const row of holdOut(rows, 7, seed).heldOut) counts[row]! += 1;
  const [mean, deviation] = [(2000 * 7) / 40, Math.sqrt(2000 * (7 / 40) * (33 / 40))];
  for (const count of counts) expect(Math.abs(count - mean)).toBeLessThan(6 * deviation);
});

it("leaves all rows to learn from when others validate, or none", () => {
  expect(holdOut(rows, [[1, 2, 3]], 0)).toEqual({ rows, held: [[1, 2, 3]], heldOut: [] });
  expect(holdOut(rows, undefined, 0)).toEqual({ rows, held: undefined, heldOut: [] });
});

it("refuses what leaves nothing to learn from or to validate by", () => {
  for (const wrong of [0, -1, 1.5, 40, NaN])
    expect(() => holdOut(rows, wrong, 0)).toThrow(
      `validation ${wrong} of 40 rows: must be 1 or more and leave 1 or more to learn from`,
    );
  expect(() => holdOut(rows, [], 0)).toThrow("validation of 0 rows: give 1 or more, or leave it out");
});
