import { metricRow, type MetricRow } from "../../display/index.js";
import { scoresOfTallies, tallyBbq, type BbqAnswer, type BbqVariant } from "../benchmarks/bbqScores.js";
import { crowsPairs, type CrowsScores, type CrowsVariant } from "../benchmarks/crows.js";
import { overTerms, termScores, type StereoSetScores } from "../benchmarks/stereoset.js";
import { groupBy } from "../metrics/prediction.js";
import { bootstrapRows, type BootstrapOptions } from "../statistics/bootstrap.js";
import { binomialTest, wilson } from "../statistics/proportion.js";
import type { About } from "./gapRows.js";
import { intervalCells } from "./intervalCells.js";

const share = (hits: number, n: number) => intervalCells(wilson(hits, n));

/**
 * CrowS-Pairs over all pairs (category "") and by type of bias: the share of pairs whose more stereotypical sentence is
 * the likelier, with Wilson's interval and the exact binomial test against one half, for which ties do not count.
 */
export function crowsRows(
  rows: readonly CrowsScores[],
  variant: CrowsVariant,
  about: About = {},
): MetricRow[] {
  const parts = new Map([["", [...rows]], ...groupBy(rows, ({ type }) => type)]);
  return [...parts].map(([category, of]) => {
    const { n, hits, ties } = crowsPairs(of, variant);
    const found = share(hits, n);
    return metricRow({
      ...{ ...about, category, metric: "stereotype_share", variant, n, ...found },
      ...{ p: binomialTest(hits, n - ties), method: `${found.method}; exact binomial against 0.5` },
    });
  });
}

/** StereoSet's three scores over all items and by type, each with an interval from resampled target terms. */
export function stereoSetRows(
  rows: readonly (StereoSetScores & { readonly type: string })[],
  about: About = {},
  options: BootstrapOptions = {},
): MetricRow[] {
  const parts = new Map([["", [...rows]], ...groupBy(rows, ({ type }) => type)]);
  return [...parts].flatMap(([category, of]) => {
    const terms = termScores(of);
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
        n: of.length,
        templates: terms.length,
        ...intervalCells(found[i]!),
      }),
    );
  });
}

/**
 * BBQ by category: accuracy with Wilson's interval, and the bias of both contexts with intervals from resampled
 * questions. `template` tells the questions apart.
 */
export function bbqRows(
  rows: readonly (BbqAnswer & { readonly item: { readonly category: string; readonly template: string } })[],
  variant: BbqVariant = "formula",
  about: About = {},
  options: BootstrapOptions = {},
): MetricRow[] {
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
      const known = { ...about, category, variant, n: items.length, templates: questions.length };
      return [
        metricRow({ ...known, metric: `${condition}_accuracy`, ...share(right, items.length) }),
        metricRow({ ...known, metric: `${condition}_bias`, ...intervalCells(found[i]!) }),
      ];
    });
  });
}
