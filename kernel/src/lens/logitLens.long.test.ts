import { expect, test, vi } from "vitest";
import { Session } from "../session/session.js";
import { opt, ownRuntime, quiet, rows } from "../session/sessions.fixture.js";
import { logitLens } from "./logitLens.js";

ownRuntime();

test.each([{}, { mesh: { data: 2 } }, { devices: 2, mesh: { pipeline: 2 } }])(
  "next tokens are those of each row, padded or of one token, read in one pass (%j)",
  async (mesh) => {
    const session = await Session.open(opt, { ...quiet, ...mesh });
    const runs = vi.spyOn(session, "forward");
    const lens = await logitLens(session, [...rows, [7]]);
    expect(runs).toHaveBeenCalledTimes(1);
    runs.mockRestore();
    const { logits } = await session.forward([...rows, [7]]);
    const [, positions, vocabulary] = logits!.shape as [number, number, number];
    for (const [r, row] of [...rows, [7]].entries()) {
      // The last point says what the model says.
      const told = lens.rows[r]!.crossEntropy.at(-1)!;
      expect(told).toHaveLength(row.length);
      expect(told.at(-1)).toBeNaN();
      row.slice(1).forEach((next, position) => {
        const from = (r * positions + position) * vocabulary;
        const own = [...logits!.data.subarray(from, from + vocabulary)];
        const total = Math.log(own.reduce((sum, x) => sum + Math.exp(x), 0));
        expect(told[position]).toBeCloseTo(total - own[next]!, 4);
      });
    }
    await session.close();
  },
);

test("a lens of one token has no next token", async () => {
  const session = await Session.open(opt, quiet);
  const { rows: only } = await logitLens(session, [[7]]);
  expect(only[0]!.crossEntropy.flat()).toEqual(only[0]!.crossEntropy.flat().map(() => NaN));
  await session.close();
});
