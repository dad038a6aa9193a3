import { describe, expect, it } from "vitest";
import { distance, tolerance } from "./closeness.js";
import { expectedRow } from "./expectation.js";
import { readGolden } from "./goldens.js";
import { meshes } from "./meshes.js";
import { vitrail, withSession } from "./sessions.js";

describe.each(["opt-350m", "llama-grouped"])("logits of %s at listed positions", (name) => {
  const golden = readGolden(name);
  const rows = golden.rows.map(({ ids }) => ids);
  // Not in order, one of them twice, and other ones in each row.
  const logits = rows.map(({ length }, row) => [length - 1, row % length, 0, 0]);

  it.each(["one process", "data 2", "pipeline 2 × tensor 2"] as const)(
    "are transformers' there (%s)",
    async (mesh) => {
      await withSession(golden.folder, meshes[mesh], async (session) => {
        const whole = expectedRow(golden, "logits", 0);
        const tokens = whole.shape.at(-1)!;
        const wanted = rows.map((_, row) => {
          const all = expectedRow(golden, "logits", row).data;
          return logits[row]!.map((at) => all.subarray(at * tokens, (at + 1) * tokens));
        });
        const shape = [rows.length, 4, tokens];
        const data = Float32Array.from(wanted.flat().flatMap((each) => [...each]));
        const run = await session.forward(rows, { logits });
        expect(run.logits!.shape).toEqual(shape);
        const got = { shape, data: run.logits!.data };
        expect(distance(got, { shape, data })).toBeLessThanOrEqual(tolerance(whole));
        const other = {
          shape,
          data: Float32Array.from(wanted.toReversed().flatMap((each) => [...each[0]!])),
        };
        expect(
          distance(
            { shape: [3, tokens], data: data.subarray(0, 3 * tokens) },
            { ...other, shape: [3, tokens] },
          ),
        ).toBeGreaterThan(0.1);

        // A readout and a loss see the same ones.
        const { readout } = await session.forward(rows, {
          logits,
          readout: { compute: (values) => ({ sums: values.logits.sum([2], false) }) },
        });
        const sums = wanted.flat().map((each) => each.reduce((sum, x) => sum + x, 0));
        const read = readout.get("sums")!;
        expect(read.shape).toEqual([rows.length, 4]);
        sums.forEach((sum, i) => expect(read.data[i]).toBeCloseTo(sum, 2));
        const loss = sums.reduce((sum, x) => sum + x, 0);
        const backward = await session.backward(rows, {
          logits,
          loss: (values) => values.logits.sum([0, 1, 2]),
          at: "embedding",
        });
        expect(backward.loss / loss).toBeCloseTo(1, 3);

        const checked = await session.verify(run);
        expect(checked).toMatchObject({ positions: rows.length * 4, top1: 1 });
        await expect(session.forward(rows, { logits, hooks: [vitrail.capture("logits")] })).rejects.toThrow(
          "logits at listed positions: a hook on the logits sees all, ask for all or last",
        );
      });
    },
  );
});
