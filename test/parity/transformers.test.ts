import { describe, expect, it } from "vitest";
import { distance, tolerance } from "./closeness.js";
import { departures, expectParity, expectedRow, observedRow } from "./expectation.js";
import { goldenNames, readGolden } from "./goldens.js";
import { forwardWithAll, observed, returnedLogits, withSession } from "./sessions.js";

/** A session in one worker process, against what transformers computed for each row alone. */
describe.each(goldenNames)("a session of %s", (name) => {
  const golden = readGolden(name);
  const rows = golden.rows.map((row) => row.ids);

  it.each(["pack", "map"] as const)(
    "gives transformers' logits and hook points (weights: %s)",
    async (weights) => {
      await withSession(golden.folder, { weights }, async (session) => {
        const run = await forwardWithAll(session, rows);
        expectParity(golden, observed(run));

        const logits = returnedLogits(run);
        expect(departures(golden, new Map([["logits", logits]]))).toEqual([]);
        // Rows are not each other: the comparison would notice an exchange.
        const first = observedRow(logits, golden, 1).data;
        const shape = [Math.min(5, 7), logits.shape[2]!];
        const other = expectedRow(golden, "logits", 2).data.subarray(0, first.length);
        expect(distance({ shape, data: first }, { shape, data: other })).toBeGreaterThan(0.1);
      });
    },
  );

  it("computes the last position's logits alone", async () => {
    await withSession(golden.folder, { weights: "pack" }, async (session) => {
      const { logits } = await session.forward(rows, { logits: "last" });
      const tokens = logits!.shape[2]!;
      expect(logits!.shape).toEqual([rows.length, 1, tokens]);
      rows.forEach((ids, row) => {
        const all = expectedRow(golden, "logits", row);
        const last = { shape: [tokens], data: all.data.subarray((ids.length - 1) * tokens) };
        const got = { shape: [tokens], data: logits!.data.subarray(row * tokens, (row + 1) * tokens) };
        expect(distance(got, last), `row ${row}`).toBeLessThanOrEqual(tolerance(all));
      });
    });
  });
});
