import { metricRow, type MetricRow } from "../../display/index.js";
import { scoresOfTallies, tallyBbq, type BbqAnswer, type BbqVariant } from "../benchmarks/bbqScores.js";
import { overTerms, termScores, type StereoSetScores } from "../benchmarks/stereoset.js";
import { groupBy } from "../metrics/prediction.js";
import { bootstrapRows, type BootstrapOptions } from "../statistics/bootstrap.js";
import type { About } from "./gapRows.js";
import { intervalCells } from "./intervalCells.js";
import { asIndependent, clusteredShare, independentShare, variants } from "./shares.js";
import { variantOf } from "./variantOf.js";

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
 * BBQ by category: accuracy and bias of both contexts with intervals from resampled questions, which `template` tells
 * apart; then accuracy again with Wilson's interval, as if items of one question were independent, under the variant
 * "items as independent". Bias is −1 to 1 under every variant; the paper prints 100 times that, which the method says
 * under `paper`. The variant also says how the answers were got, where that is known.
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
        const { accuracy, bias } = scoresOfTallies(drawn, variant);
        return [accuracy.ambig, bias.ambig, accuracy.disambig, bias.disambig];
      },
      options,
    );
    const conditions = (["ambig", "disambig"] as const).map((condition, i) => {
      const isCounted = ({ answer }: BbqAnswer) => variant !== "paper" || answer !== null;
      const items = of.filter((row) => row.item.condition === condition && isCounted(row));
      const right = items.filter(({ item, answer }) => answer === item.label).length;
      // Questions of which an item is counted: only these say anything of the accuracy.
      const counted = new Set(items.map(({ item }) => item.template)).size;
      const known = { ...about, category, n: items.length };
      const metric = `${condition}_accuracy`;
      const accuracy = clusteredShare(found[2 * i]!, counted);
      const bias = intervalCells(found[2 * i + 1]!);
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
          ...independentShare(right, items.length),
        }),
      };
    });
    return [
      ...conditions.flatMap(({ claimed }) => claimed),
      ...conditions.map(({ independent }) => independent),
    ];
  });
}
