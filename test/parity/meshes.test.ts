import { describe, expect, it } from "vitest";
import { distance } from "./closeness.js";
import type { Observed } from "./expectation.js";
import { observedRow } from "./expectation.js";
import type { Golden } from "./goldens.js";
import { goldenNames, readGolden } from "./goldens.js";
import { cutting, meshesOf } from "./meshes.js";
import { forwardWithAll, observed, withSession } from "./sessions.js";

/** Numbers that come from the same weights and tokens by another road. */
const same = 1e-5;

type Points = ReadonlyMap<string, Observed>;

function expectSame(golden: Golden, got: Points, wanted: Points, rowOf = (row: number) => row): void {
  expect([...got.keys()]).toEqual([...wanted.keys()]);
  for (const [name, point] of got) {
    for (const row of golden.rows.keys()) {
      const away = distance(
        observedRow(point, golden, row),
        observedRow(wanted.get(name)!, golden, rowOf(row)),
      );
      expect(away, `${name} row ${row}`).toBeLessThanOrEqual(same);
    }
  }
}

/** Goldens of settings that no published model has. */
const settings = ["gpt-neox-tied", "gpt2-untied", "llama-biased", "opt-untied"];
const published = goldenNames.filter((name) => !settings.includes(name));

const open = (name: string) => {
  const golden = readGolden(name);
  const rows = golden.rows.map((row) => row.ids);
  const oneProcess = () =>
    withSession(golden.folder, {}, async (session) => observed(await forwardWithAll(session, rows)));
  return { golden, rows, oneProcess };
};

describe.each(goldenNames)("%s", (name) => {
  const { golden, rows, oneProcess } = open(name);
  const wanted = meshesOf(name, cutting);

  it(`gives the same numbers on ${wanted.map(([label]) => label).join(", ")}`, async () => {
    const whole = await oneProcess();
    for (const [label, options] of wanted) {
      await withSession(golden.folder, options, async (session) => {
        const { ranks } = await session.status();
        expect(ranks, label).toHaveLength(options.devices);
        expect(new Set(ranks.map((rank) => rank.pid)).size, label).toBe(options.devices);
        const parts = observed(await forwardWithAll(session, rows));
        expectSame(golden, parts, whole);

        // The same tokens in another order are far away: what the mesh computed depends on its input.
        const backwards = observed(
          await forwardWithAll(
            session,
            rows.map((row) => row.toReversed()),
          ),
        );
        for (const point of ["layers.1.attention.pattern", "layers.1.mlp.hidden", "logits"]) {
          const away = distance(backwards.get(point)!, whole.get(point)!);
          expect(away, `${point} of other tokens on ${label}`).toBeGreaterThan(100 * same);
        }
      });
    }
  });
});

describe.each(published)("%s", (name) => {
  const { golden, rows, oneProcess } = open(name);

  it("gives each row the same numbers alone, in pairs, and in the whole batch", async () => {
    const whole = await oneProcess();
    await withSession(golden.folder, {}, async (session) => {
      for (const chosen of [[0], [1], [2], [2, 1], [0, 2]]) {
        const ids = chosen.map((row) => rows[row]!);
        const part = observed(await forwardWithAll(session, ids));
        for (const [point, values] of part) {
          chosen.forEach((row, at) => {
            const subset = { ...golden, rows: chosen.map((r) => golden.rows[r]!) };
            const away = distance(
              observedRow(values, subset, at),
              observedRow(whole.get(point)!, golden, row),
            );
            expect(away, `${point} row ${row} in batch ${chosen.join()}`).toBeLessThanOrEqual(same);
            // Rows are far from each other, so that one in the place of another would show.
            if (point === "logits" && chosen.length > 1) {
              const other = observedRow(values, subset, 1 - at).data;
              const own = observedRow(values, subset, at).data;
              const length = Math.min(own.length, other.length);
              const apart = own
                .subarray(0, length)
                .reduce((most, x, i) => Math.max(most, Math.abs(x - other[i]!)), 0);
              expect(apart, `rows ${chosen.join()}`).toBeGreaterThan(100 * same);
            }
          });
        }
      }
    });
  });
});
