import { finite, metricRow, type MetricRow } from "../../display/index.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import { groupBy } from "../metrics/prediction.js";
import { friedmanTest } from "../statistics/friedman.js";
import { adjustRows } from "./adjustRows.js";

export interface FriedmanRowsOptions {
  /** What is compared. Default `model`. */
  readonly compare?: "model" | "prompt";
}

const optionNames: OptionNames<FriedmanRowsOptions> = { compare: true };
const comparable = ["model", "prompt"];

/**
 * Whether models, or prompts, differ over categories, by the ranks of their estimates: rows of several models become, for
 * each metric and variant, the mean rank of each (the greatest estimate has the greatest), Friedman's χ² with Kendall's W as
 * its effect, adjusted by Holm over the metrics of the call, and the difference of every two mean ranks with Nemenyi's p,
 * which is adjusted for all of these pairs by itself. A block is what rows otherwise name: data set, category, group, seed,
 * and prompt or model. Throws one line when a block lacks an estimate, or has two, of what is compared.
 */
export function friedmanRows(rows: readonly MetricRow[], options: FriedmanRowsOptions = {}): MetricRow[] {
  checkOptions("friedmanRows", options, optionNames);
  const { compare = "model" } = options;
  if (!comparable.includes(compare))
    throw new Error(`compare "${String(compare)}": choose ${comparable.join(" or ")}`);
  const byMetric = groupBy(rows, ({ metric, variant }) => JSON.stringify([metric, variant]));
  const found = [...byMetric.values()].map((of) => rowsOf(of, compare));
  const tests = adjustRows(found.map(({ test }) => test));
  return found.flatMap(({ ranks, pairs }, i) => [...ranks, tests[i]!, ...pairs]);
}

interface Compared {
  readonly ranks: readonly MetricRow[];
  readonly test: MetricRow;
  readonly pairs: readonly MetricRow[];
}

function rowsOf(rows: readonly MetricRow[], compare: "model" | "prompt"): Compared {
  const { metric, variant } = rows[0]!;
  const names = [...new Set(rows.map((row) => row[compare]))];
  const other = compare === "model" ? "prompt" : "model";
  const blocks = groupBy(rows, ({ dataset, category, group, seed, [other]: held }) =>
    JSON.stringify([dataset, category, group, seed, held]),
  );
  if (names.length < 2 || blocks.size < 2)
    throw new RangeError(
      `${metric} of ${names.length} ${compare}s in ${blocks.size} blocks, which are data sets, categories, groups, seeds and ${other}s: ranks need two of each or more`,
    );
  const values = [...blocks.values()].map((block) =>
    names.map((name) =>
      estimateOf(
        block.filter((row) => row[compare] === name),
        block[0]!,
        `${compare} "${name}"`,
      ),
    ),
  );
  const { statistic, p, concordance, meanRanks, pairs } = friedmanTest(values);
  const method = `ranks of ${names.length} ${compare}s in each of ${values.length} blocks`;
  const known = { variant, n: values.length, method };
  return {
    ranks: meanRanks.map((estimate, i) =>
      metricRow({ ...known, [compare]: names[i]!, metric: `${metric}_mean_rank`, estimate }),
    ),
    test: metricRow({
      ...known,
      metric: `${metric}_rank_chi2`,
      estimate: finite(statistic),
      effect: finite(concordance),
      test: "Friedman",
      p: finite(p),
    }),
    pairs: pairs.map(({ first, second, p: raw, nemenyi }) =>
      metricRow({
        ...known,
        [compare]: `${names[first]!} − ${names[second]!}`,
        metric: `${metric}_mean_rank_difference`,
        estimate: meanRanks[first]! - meanRanks[second]!,
        test: "Nemenyi",
        p: raw,
        adjusted: nemenyi,
        correction: `Nemenyi over ${pairs.length}`,
      }),
    ),
  };
}

function estimateOf(rows: readonly MetricRow[], { metric, category, group }: MetricRow, of: string): number {
  const [first] = rows;
  if (rows.length === 1 && first!.estimate !== null) return first!.estimate;
  const count = rows.length === 1 ? "an undefined estimate" : `${rows.length} estimates`;
  throw new Error(
    `${metric} of "${[category, group].filter(Boolean).join(", ")}" has ${count} of ${of}: ranks need one`,
  );
}
