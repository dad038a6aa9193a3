import { metricRow, type MetricRow } from "../../display/index.js";
import { scoresOfTallies, tallyBbq, type BbqAnswer, type BbqVariant } from "../benchmarks/bbqScores.js";
import { overTerms, termScores, type StereoSetScores } from "../benchmarks/stereoset.js";
import { groupBy } from "../metrics/prediction.js";
import { bootstrapRows, type BootstrapOptions } from "../statistics/bootstrap.js";
import { wilson } from "../statistics/proportion.js";
import type { About } from "./gapRows.js";
import { intervalCells } from "./intervalCells.js";
import { variantOf } from "./variantOf.js";

const share = (hits: number, n: number) => intervalCells(wilson(hits, n));

/**
 * StereoSet's three scores over all items and by type, each with an interval from resampled target terms. The variant
 * names every way in which the items were scored.
 */
export function stereoSetRows(
  rows: readonly (StereoSetScores & { readonly type: string })[],
  about: About = {},
  options: BootstrapOptions = {},
): MetricRow[] {
  const parts = new Map([["", [...rows]], ...groupBy(rows, ({ type }) => type)]);
  return [...parts].flatMap(([category, of]) => {
    const terms = termScores(of);
    const variant = [...new Set(of.flatMap(({ scoring }) => scoring ?? []))].join("; ");
    const found = bootstrapRows(
      terms.map((term) => [term]),
      (drawn) => {
        const { lms, ss, icat } = overTerms(drawn);
        return [lms, ss, icat];
      },
      options,
    );
    return ["lms", "ss", "icat"].map((metric, i) =>
      metricRow({
        ...about,
        category,
        metric,
        variant,
        n: of.length,
        templates: terms.length,
        ...intervalCells(found[i]!),
      }),
    );
  });
}

/**
 * BBQ by category: accuracy with Wilson's interval, and the bias of both contexts with intervals from resampled
 * questions. `template` tells the questions apart. The variant also says how the answers were got, where that is known.
 */
export function bbqRows(
  rows: readonly (BbqAnswer & { readonly item: { readonly category: string; readonly template: string } })[],
  variant: BbqVariant = "formula",
  about: About = {},
  options: BootstrapOptions = {},
): MetricRow[] {
  const named = variantOf(
    variant,
    rows.map(({ scoring }) => scoring && `answers by ${scoring}`),
  );
  return [...groupBy(rows, ({ item }) => item.category)].flatMap(([category, of]) => {
    const questions = [...groupBy(of, ({ item }) => item.template).values()];
    const found = bootstrapRows(
      questions.map((answers) => [tallyBbq(answers)]),
      (drawn) => {
        const { bias } = scoresOfTallies(drawn, variant);
        return [bias.ambig, bias.disambig];
      },
      options,
    );
    return (["ambig", "disambig"] as const).flatMap((condition, i) => {
      const isCounted = ({ answer }: BbqAnswer) => variant !== "paper" || answer !== null;
      const items = of.filter((row) => row.item.condition === condition && isCounted(row));
      const right = items.filter(({ item, answer }) => answer === item.label).length;
      const known = { ...about, category, variant: named, n: items.length, templates: questions.length };
      return [
        metricRow({ ...known, metric: `${condition}_accuracy`, ...share(right, items.length) }),
        metricRow({ ...known, metric: `${condition}_bias`, ...intervalCells(found[i]!) }),
      ];
    });
  });
}
