import { finite, metricRow, type MetricRow } from "../../display/index.js";
import { clusterIntervals } from "../statistics/clusterIntervals.js";
import { cohensH } from "../statistics/effectSize.js";
import { sumOf } from "../statistics/mean.js";
import { permutationTest, saidSigns, signFlipTest } from "../statistics/permutation.js";
import { permutationsFor } from "../tables/compared.js";
import { intervalCells } from "../tables/intervalCells.js";
import { signCells } from "../tables/testCells.js";
import type { DifferenceOptions } from "./difference.js";
import { goldMark, type IdentificationItem } from "./item.js";
import type { Judgement } from "./judgement.js";
import { byCluster } from "./tally.js";

type Polarity = NonNullable<IdentificationItem["polarity"]>;

/** Rows of one polarity, and how many of them are hits. */
interface Count {
  readonly n: number;
  readonly hits: number;
}
type Counts = Readonly<Record<Polarity, Count>>;

const polarities = ["neg", "nonneg"] as const;

/**
 * A share of the questions that ask who does badly less that of the others, as a row: limits over clusters, and a two-sided p
 * by swapping which questions of a cluster are which. Clusters of one polarity, as the everyday items', are dealt out anew
 * to the two. That is exact where in each cluster, or for each of these, it is chance which polarity it has; what is summed is
 * how far the hits of a cluster lie above those that it would have at the share of all.
 */
export function polarityDifference(
  rows: readonly Judgement[],
  isHit: (row: Judgement) => boolean,
  known: Partial<MetricRow> & Pick<MetricRow, "metric">,
  { interval, permutation }: DifferenceOptions,
): MetricRow {
  const clusters = byCluster(rows).map((own) => countsOf(own, isHit));
  const difference = (counts: readonly Counts[]) => shareOf(counts, "neg") - shareOf(counts, "nonneg");
  const [found] = clusterIntervals(
    clusters.map((each) => [each]),
    (counts) => [difference(counts)],
    { ...interval, within: [-1, 1] },
  );
  const cells = intervalCells(found!);
  const { said, ...tested } = testOf(clusters, permutation);
  return metricRow({
    ...known,
    n: rows.length,
    templates: clusters.length,
    variant: goldMark(rows.map(({ item }) => item)),
    ...cells,
    effect: finite(cohensH(shareOf(clusters, "neg"), shareOf(clusters, "nonneg"))),
    ...tested,
    method: `${cells.method}; ${said}`,
  });
}

function countsOf(rows: readonly Judgement[], isHit: (row: Judgement) => boolean): Counts {
  const of = (polarity: Polarity): Count => {
    const own = rows.filter(({ item }) => item.polarity === polarity);
    return { n: own.length, hits: own.filter(isHit).length };
  };
  return { neg: of("neg"), nonneg: of("nonneg") };
}

const shareOf = (counts: readonly Counts[], polarity: Polarity): number =>
  sumOf(counts.map((each) => each[polarity].hits)) / sumOf(counts.map((each) => each[polarity].n));

type Tested = Pick<MetricRow, "test" | "draws" | "p"> & { readonly said: string };

function testOf(clusters: readonly Counts[], permutation: DifferenceOptions["permutation"]): Tested {
  const all = clusters.flatMap((each) => polarities.map((polarity) => each[polarity]));
  const mean = sumOf(all.map(({ hits }) => hits)) / sumOf(all.map(({ n }) => n));
  const above = ({ n, hits }: Count) => hits - mean * n;
  const hasBoth = ({ neg, nonneg }: Counts) => neg.n > 0 && nonneg.n > 0;
  if (clusters.every(hasBoth)) {
    const flipped = signFlipTest(
      clusters.map(({ neg, nonneg }) => above(neg) - above(nonneg)),
      permutation,
    );
    return { ...signCells(flipped), said: saidSigns(flipped, `${clusters.length} clusters`) };
  }
  const dealt = clusters.flatMap((each, i) =>
    polarities
      .filter((polarity) => each[polarity].n > 0)
      .map((group) => ({
        group,
        // Labels are permuted among the rows of a template: those of a cluster, or all clusters of one polarity.
        template: hasBoth(each) ? String(i) : "of one polarity",
        stratum: "",
        value: above(each[group]),
      })),
  );
  const { p, permutations, seed } = permutationTest(dealt, permutationsFor(1, permutation));
  const said = `${permutations} drawn polarities of ${clusters.length} clusters, seed ${seed}`;
  return { test: "partitions", draws: permutations, p: finite(p), said };
}
