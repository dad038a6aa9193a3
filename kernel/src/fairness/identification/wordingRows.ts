import { finite, metricRow, type MetricRow } from "../../display/index.js";
import { groupBy } from "../metrics/prediction.js";
import { quantile } from "../statistics/limits.js";
import type { About } from "../tables/gapRows.js";
import { variants } from "../tables/shares.js";
import { byItem } from "./byItem.js";
import { goldMark } from "./item.js";
import { checkJudgements } from "./checkJudgements.js";
import type { Judgement } from "./judgement.js";
import type { IdentificationPrompt } from "./prompt.js";
import { byCluster, measuresOf, tallyOf, type Measures } from "./tally.js";
import { firstWording } from "./wording.js";

const measures = {
  accuracy: "accuracy",
  balanced_accuracy: "balancedAccuracy",
  macro_F1: "macroF1",
  yes_rate: "yesRate",
  coverage: "coverage",
} as const satisfies Readonly<Record<string, keyof Measures>>;

const wordingOf = ({ wording = firstWording }: IdentificationPrompt) => wording.name;

/** What a prompt asks whatever its words: its cell of the grid, and the order of its answers. */
const cellOf = ({ specific, reason, noFirst = false }: IdentificationPrompt) =>
  ["basic", ...(specific ? ["specific"] : []), ...(reason ? ["reason"] : [])].join("+") +
  (noFirst ? ", no first" : "");

/**
 * How far the numbers hang on the words of a prompt (`promptVariants`): of each cell of the grid every measure's median over
 * the wordings, and as its limits the least and the greatest, which are a span and no interval of confidence; and likewise
 * the difference in accuracy of every two cells whose answers have one order. Where its limits lie on both sides of 0 it is
 * the wording that says which prompt is better (Hida, Kaneko & Okazaki 2024, arXiv 2407.03129). Throws one line unless every
 * cell has the same wordings, two or more, each of the same items.
 */
export function wordingRows(judgements: readonly Judgement[], about: About = {}): MetricRow[] {
  checkJudgements(judgements);
  const cells = [...groupBy(judgements, ({ prompt }) => cellOf(prompt))].map(([cell, rows]) => ({
    cell,
    noFirst: rows[0]!.prompt.noFirst ?? false,
    byWording: groupBy(rows, ({ prompt }) => wordingOf(prompt)),
  }));
  check(cells);
  const clusters = byCluster(judgements).length;
  const gold = goldMark(judgements.map(({ item }) => item));
  const rowOf = (prompt: string, metric: string, values: readonly number[], n: number) =>
    metricRow({
      ...about,
      prompt,
      metric,
      variant: variants(gold, `median and span over ${values.length} wordings`),
      n,
      templates: clusters,
      ...spanOver(values),
    });
  const found = cells.map(({ byWording, ...cell }) => {
    const each = [...byWording.values()].map((rows) => measuresOf([tallyOf(rows)]));
    return { ...cell, each, wordings: [...byWording.keys()], n: [...byWording.values()][0]!.length };
  });
  return [
    ...found.flatMap(({ cell, each, n }) =>
      Object.entries(measures).map(([metric, name]) =>
        rowOf(
          cell,
          metric,
          each.map((of) => of[name]),
          n,
        ),
      ),
    ),
    ...found.flatMap((first, i) =>
      found.slice(i + 1).flatMap((second) => {
        if (second.noFirst !== first.noFirst) return [];
        const inWording = (wording: string) => second.each[second.wordings.indexOf(wording)]!.accuracy;
        const apart = first.each.map(({ accuracy }, k) => inWording(first.wordings[k]!) - accuracy);
        return rowOf(`${second.cell} − ${first.cell}`, "accuracy_difference", apart, first.n);
      }),
    ),
  ];
}

/** Median, least and greatest; none where a wording has no such number. */
function spanOver(values: readonly number[]): Pick<MetricRow, "estimate" | "low" | "high" | "method"> {
  const method = `median, from least to greatest of ${values.length} wordings`;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (p: number) => (values.some(Number.isNaN) ? null : finite(quantile(sorted, p)));
  return { estimate: at(0.5), low: at(0), high: at(1), method };
}

function check(
  cells: readonly { readonly cell: string; readonly byWording: ReadonlyMap<string, readonly Judgement[]> }[],
): void {
  const wordings = [...(cells[0]?.byWording.keys() ?? [])].sort();
  let items: string | undefined;
  for (const { cell, byWording } of cells) {
    const own = [...byWording.keys()].sort();
    if (own.length < 2) throw new Error(`prompt ${cell} in 1 wording, "${own[0]}": a span needs 2 or more`);
    if (own.join("\n") !== wordings.join("\n"))
      throw new Error(`prompt ${cell} in the wordings ${own.join(", ")}, others in ${wordings.join(", ")}`);
    for (const [wording, rows] of byWording) {
      const ids = [...byItem(`${cell}, ${wording}`, rows).keys()].sort().join("\n");
      if (ids !== (items ??= ids))
        throw new Error(`prompt ${cell} in the wording "${wording}" judged other items than the first`);
    }
  }
}
