import { randomNumbers } from "../../session/sampling.js";
import { checkConfidence, type Interval } from "./interval.js";
import { bca, percentile } from "./limits.js";

export interface ResamplingOptions {
  /** Default 10,000. */
  readonly resamples?: number;
  /** Default 0; printed with the method. */
  readonly seed?: number;
  readonly confidence?: number;
}

/** `bca` corrects bias and skewness (Efron 1987), `percentile` does not; of few clusters both are too narrow. */
export type BootstrapMethod = "bca" | "percentile";

/** Throws one line for options of draws where limits are made by t. */
export function refuseDraws({ resamples, seed }: ResamplingOptions, others: string): void {
  if (resamples === undefined && seed === undefined) return;
  const what = resamples === undefined ? `seed ${seed}` : `${resamples} resamples`;
  throw new RangeError(`${what} for limits by t, which draws nothing: choose method ${others}`);
}

/** Throws one line unless resamples can be drawn. */
export function checkResamples(resamples: number): void {
  if (!Number.isInteger(resamples) || resamples < 2)
    throw new RangeError(`${resamples} resamples: must be a whole number, 2 or more`);
}

/**
 * Intervals of several statistics of the same clusters, such as the templates of a suite or the questions of a
 * benchmark: clusters are drawn anew within their stratum, and the statistics taken of those drawn, each as often as it
 * was. What cannot be taken of some resample has no limits. Neither has what every resample gives alike, such as a rate
 * of 0: an interval of one point would say that nothing is uncertain, where these clusters cannot tell.
 */
export function bootstrap(
  strata: readonly (readonly number[])[],
  statistics: (clusters: ArrayLike<number>) => readonly number[],
  options: ResamplingOptions & { readonly method: BootstrapMethod },
): Interval[] {
  const { resamples = 10_000, seed = 0, confidence = 0.95, method } = options;
  checkConfidence(confidence);
  checkResamples(resamples);
  if (!["bca", "percentile"].includes(method))
    throw new RangeError(`method "${String(method)}" of limits: must be t, bca or percentile`);
  const all = strata.flat();
  const seen = statistics(all);
  const drawn = seen.map(() => new Float64Array(resamples));
  const random = randomNumbers(seed);
  const clusters = new Int32Array(all.length);
  for (let r = 0; r < resamples; r++) {
    let at = 0;
    for (const stratum of strata)
      for (let k = 0; k < stratum.length; k++)
        clusters[at++] = stratum[Math.floor(random() * stratum.length)]!;
    statistics(clusters).forEach((value, i) => (drawn[i]![r] = value));
  }
  const scale = seen.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    0,
  );
  const leftOut = (left: number) => statistics(all.filter((each) => each !== left));
  const without = method === "bca" ? strata.map((stratum) => stratum.map(leftOut)) : [];
  return seen.map((estimate, i): Interval => {
    const sorted = drawn[i]!.sort();
    // Equal values may be added in another order, and then differ in the last digit.
    if (sorted.at(-1)! - sorted[0]! <= 1e-12 * scale) {
      const why = `no bootstrap limits: all ${resamples} resamples, seed ${seed}, give the same`;
      return { estimate, low: NaN, high: NaN, confidence, method: why };
    }
    const [low, high] =
      method === "bca"
        ? bca(
            sorted,
            estimate,
            without.map((stratum) => stratum.map((values) => values[i]!)),
            confidence,
          )
        : percentile(sorted, confidence);
    return { estimate, low, high, confidence, method: `${method} bootstrap, ${resamples}, seed ${seed}` };
  });
}
