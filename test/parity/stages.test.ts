import { describe, expect, it } from "vitest";
import { openModel } from "../../kernel/src/models/model.js";
import { distance } from "./closeness.js";
import { expectParity, observedRow } from "./expectation.js";
import { goldenNames, readGolden } from "./goldens.js";
import { runStages } from "./stages.js";

/** The graphs alone: what the equations compute, before any process, session or collective is involved. */
describe.each(goldenNames)("the graph of %s", (name) => {
  const golden = readGolden(name);
  const rows = golden.rows.map((row) => row.ids);

  it("gives transformers' logits and every hook point, padded rows together", async () => {
    const model = await openModel(golden.folder);
    expectParity(golden, await runStages(model, rows));
  });

  it("names each point after a module of transformers that gives or takes it", async () => {
    const model = await openModel(golden.folder);
    for (const { point } of (await runStages(model, rows)).values()) {
      for (const alias of point.aliases) expect(golden.modules[point.name], point.name).toContain(alias);
    }
  });

  it.each([
    ["cut at every layer", { cuts: Array.from({ length: golden.layers - 1 }, (_, i) => i + 1) }],
    ["split over 2 tensor ranks", { tensor: 2 }],
    ["cut and split", { cuts: [1], tensor: 2 }],
  ])("is the same %s", async (_, layout) => {
    const model = await openModel(golden.folder);
    const whole = await runStages(model, rows);
    const parts = await runStages(model, rows, layout);
    expect([...parts.keys()]).toEqual([...whole.keys()]);
    for (const [point, observed] of parts) {
      for (const row of golden.rows.keys()) {
        const away = distance(
          observedRow(observed, golden, row),
          observedRow(whole.get(point)!, golden, row),
        );
        expect(away, `${point} row ${row}`).toBeLessThanOrEqual(1e-5);
      }
    }
  });
});
