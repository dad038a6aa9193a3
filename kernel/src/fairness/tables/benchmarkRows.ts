import { metricRow, type MetricRow } from "../../display/index.js";
import { scoresOfTallies, tallyBbq, type BbqAnswer, type BbqVariant } from "../benchmarks/bbqScores.js";
import { overTerms, termScores, type StereoSetScores } from "../benchmarks/stereosetScores.js";
import { groupBy } from "../metrics/prediction.js";
import { clusterIntervals, type ClusterIntervalOptions } from "../statistics/clusterIntervals.js";
import type { About } from "./gapRows.js";
import { intervalCells } from "./intervalCells.js";
import { asIndependent, clusteredShare, independentShare, variants } from "./shares.js";
import { variantOf } from "./variantOf.js";

/**
 * StereoSet's three scores over all items and by type, each with an interval over target terms. The variant names every way
 * in which the items were scored.
 */
export function stereoSetRows(
  rows: readonly (StereoSetScores & { readonly type: string })[],
  about: About = {},
  options: ClusterIntervalOptions = {},
): MetricRow[] {
  const parts = new Map([["", [...rows]], ...groupBy(rows, ({ type }) => type)]);
  return [...parts].flatMap(([category, of]) => {
    const terms = termScores(of);
    const variant = [...new Set(of.flatMap(({ scoring }) => scoring ?? []))].join("; ");
    const percent = (values: readonly number[]) => {
      const counts = values.map((value) => ({ sum: value / 100, count: 1 }));
      const { estimate, low, high, method } = clusteredShare(counts, "terms", options);
      const times = (share: number | null) => (share === null ? null : 100 * share);
      return { estimate: times(estimate), low: times(low), high: times(high), method };
    };
    const [icat] = clusterIntervals(
      terms.map((term) => [term]),
      (drawn) => [overTerms(drawn).icat],
      { ...options, within: [0, 100] },
    );
    const known = { ...about, category, variant, n: of.length, templates: terms.length };
    return [
      metricRow({ ...known, metric: "lms", ...percent(terms.map(({ lms }) => lms)) }),
      metricRow({ ...known, metric: "ss", ...percent(terms.map(({ ss }) => ss)) }),
      metricRow({ ...known, metric: "icat", ...intervalCells(icat!) }),
    ];
  });
}

/**
 * BBQ by category: accuracy and bias of both contexts with intervals over questions, which `template` tells
 * apart; then accuracy again with Wilson's interval, as if items of one question were independent, under the variant
 * "items as independent". Bias is −1 to 1 under every variant; the paper prints 100 times that, which the method says
 * under `paper`. The variant also says how the answers were got, where that is known.
 */
export function bbqRows<
  Row extends BbqAnswer & { readonly item: { readonly category: string; readonly template: string } },
>(
  rows: readonly Row[],
  variant: BbqVariant = "formula",
  about: About = {},
  options: ClusterIntervalOptions = {},
): MetricRow[] {
  const named = variantOf(
    variant,
    rows.map(({ scoring }) => scoring && `answers by ${scoring}`),
  );
  return [...groupBy(rows, ({ item }) => item.category)].flatMap(([category, of]) => {
    const questions = [...groupBy(of, ({ item }) => item.template).values()];
    const found = clusterIntervals(
      questions.map((answers) => [tallyBbq(answers)]),
      (drawn) => {
        const { bias } = scoresOfTallies(drawn, variant);
        return [bias.ambig, bias.disambig];
      },
      { ...options, within: [-1, 1] },
    );
    const conditions = (["ambig", "disambig"] as const).map((condition, i) => {
      const isCounted = ({ answer }: BbqAnswer) => variant !== "paper" || answer !== null;
      const items = of.filter((row) => row.item.condition === condition && isCounted(row));
      const rightOf = (answers: readonly Row[]) =>
        answers.filter(({ item, answer }) => answer === item.label).length;
      // Questions of which an item is counted: only these say anything of the accuracy.
      const counts = [...groupBy(items, ({ item }) => item.template).values()].map((answers) => ({
        sum: rightOf(answers),
        count: answers.length,
      }));
      const known = { ...about, category, n: items.length };
      const metric = `${condition}_accuracy`;
      const accuracy = clusteredShare(counts, "questions", options);
      const bias = intervalCells(found[i]!);
      const method = variant === "paper" ? `${bias.method}; the paper prints 100 times this` : bias.method;
      const claimed = { ...known, variant: named, templates: questions.length };
      return {
        claimed: [
          metricRow({ ...claimed, metric, ...accuracy }),
          metricRow({ ...claimed, metric: `${condition}_bias`, ...bias, method }),
        ],
        independent: metricRow({
          ...known,
          metric,
          variant: variants(named, asIndependent),
          ...independentShare(rightOf(items), items.length),
        }),
      };
    });
    return [
      ...conditions.flatMap(({ claimed }) => claimed),
      ...conditions.map(({ independent }) => independent),
    ];
  });
}
