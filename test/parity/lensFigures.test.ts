import { expect, it } from "vitest";
import type { Session } from "../../kernel/src/index.js";
import { bundleOf } from "../../kernel/src/display/bundle.js";
import { parsePlot, plotType } from "../../kernel/src/display/payload/index.js";
import type { Provenance } from "../../kernel/src/display/payload/provenance.js";
import { readGolden } from "./goldens.js";
import { vitrail, withSession } from "./sessions.js";

const {
  ablateInduction,
  activationPatching,
  attributionPatching,
  directLogitAttribution,
  fitTunedLens,
  inductionScores,
  integratedGradients,
  logitLens,
} = vitrail;

const metric = { correct: 5, wrong: 11 };
const [clean, corrupt] = [
  [2, 9, 4, 13, 7],
  [2, 9, 6, 13, 7],
];

/** The charts of the first view, and all that is said beside them, from what a notebook file would keep. */
function figureOf(shown: { readonly provenance: Provenance }) {
  const { data } = JSON.parse(JSON.stringify(bundleOf(shown))) as ReturnType<typeof bundleOf>;
  expect(Object.keys(data).sort()).toEqual([plotType, "image/png", "text/plain"]);
  expect(
    Buffer.from(data["image/png"] as string, "base64")
      .subarray(1, 4)
      .toString(),
  ).toBe("PNG");
  const { title, views, notes, provenance } = parsePlot(data[plotType]);
  expect(data["text/plain"]).toContain(title);
  expect(provenance).toEqual(shown.provenance);
  expect(shown.provenance.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  return { title, charts: views[0]!.charts, notes: notes.join("\n") };
}

const near = (values: readonly number[]) =>
  values.map((value) =>
    expect.closeTo(value, Math.max(3, 6 - Math.ceil(Math.log10(Math.abs(value) + 1e-9)))),
  );
const grid = (values: readonly (readonly number[])[]) => values.map(near);

const lenses: [string, (session: Session) => Promise<void>][] = [
  [
    "the logit lens",
    async (session) => {
      const found = await logitLens(session, [clean!], { tokens: [5] });
      const { title, charts } = figureOf(found);
      const [row] = found.rows;
      expect(title).toBe("Logit lens");
      expect(charts.map((chart) => chart.kind)).toEqual(["heatmap", "heatmap", "heatmap"]);
      expect(charts[0]).toMatchObject({
        values: grid(row!.top.map((place) => place.map(([best]) => best!.probability))),
      });
      expect(charts[1]).toMatchObject({ values: grid(row!.divergence) });
      expect(charts[2]).toMatchObject({
        values: grid(row!.chosen[0]!.logProbability.map((place) => place.map(Math.exp))),
      });
    },
  ],
  [
    "the tuned lens, and its training",
    async (session) => {
      const lens = await fitTunedLens(session, { rows: [clean!, corrupt!], batch: 2, steps: 5, quiet: true });
      const { charts } = figureOf(lens);
      expect(charts).toMatchObject([{ kind: "lines", lines: [{ name: "training", y: near(lens.losses) }] }]);
      const read = await logitLens(session, [clean!], { translators: lens.translators });
      expect(figureOf(read).title).toBe("Tuned lens");
    },
  ],
  [
    "direct logit attribution",
    async (session) => {
      const found = await directLogitAttribution(session, clean!, { metric });
      const { charts } = figureOf(found);
      expect(charts[0]).toMatchObject({ kind: "heatmap", values: grid(found.heads) });
      const { labels, series } = charts[1] as Extract<(typeof charts)[number], { kind: "bars" | "forest" }>;
      expect(labels.labels).toHaveLength(2 * found.heads.length + 2);
      const sum = series[0]!.values.reduce((so: number, value) => so + value!, 0);
      expect(sum).toBeCloseTo(found.whole, 3);
    },
  ],
  [
    "activation patching",
    async (session) => {
      const found = await activationPatching(session, {
        clean: clean!,
        corrupt: corrupt!,
        metric,
        by: "position",
        quiet: true,
      });
      const { charts } = figureOf(found);
      expect(charts[0]).toMatchObject({ kind: "heatmap", values: grid(found.recovered) });
    },
  ],
  [
    "attribution patching",
    async (session) => {
      const found = await attributionPatching(session, { clean: clean!, corrupt: corrupt!, metric });
      const { charts } = figureOf(found);
      expect(charts[0]).toMatchObject({ kind: "heatmap", values: grid(found.values) });
    },
  ],
  [
    "integrated gradients",
    async (session) => {
      const found = await integratedGradients(session, clean!, { metric, steps: 8, quiet: true });
      const { charts, notes } = figureOf(found);
      expect(charts).toMatchObject([{ kind: "bars", series: [{ values: near(found.values) }] }]);
      expect(notes).toContain("8 steps miss");
    },
  ],
  [
    "induction scores and the ablation of heads",
    async (session) => {
      const found = await inductionScores(session, { length: 6, batch: 2, seed: 3 });
      const { charts, notes } = figureOf(found);
      expect(charts[0]).toMatchObject({ kind: "heatmap", values: grid(found.scores) });
      expect(charts[1]).toMatchObject({ kind: "lines", lines: [{ name: "loss", y: near(found.loss) }] });
      expect(notes).toContain("seed 3");
      expect(found.provenance).toMatchObject({
        seed: 3,
        call: "inductionScores(rows: 2, length: 6, queries: strict)",
      });
      const without = await ablateInduction(session, found, { heads: 1, draws: 2, quiet: true });
      const ablation = figureOf(without);
      expect(JSON.stringify(ablation.charts)).toContain(
        `${without.strongest.heads[0]!.layer}.${without.strongest.heads[0]!.head}`,
      );
    },
  ],
];

it.each(lenses)("%s: its figure in the saved notebook shows what was found", async (_, show) => {
  await withSession(readGolden("gpt2").folder, {}, show);
});
