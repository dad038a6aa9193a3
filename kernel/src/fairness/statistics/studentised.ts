import { randomNumbers } from "../../session/sampling.js";
import type { Clusters } from "./clusters.js";
import { checkResamples, type ResamplingOptions } from "./bootstrap.js";
import { tQuantile } from "./distributions.js";
import { gapErrorsOf } from "./gapErrors.js";
import { checkConfidence, type Interval } from "./interval.js";

/**
 * Limits of every group's gap by the studentised bootstrap (Efron & Tibshirani 1993, chapter 12), symmetric (Hall 1988):
 * templates are drawn anew within their stratum, each resample's distance from the gap seen is divided by the resample's own
 * standard error, and the gap's limits lie as many standard errors away as `confidence` of these distances stay below. In a
 * resample whose templates are alike the distance is unbounded; where those are too many there are no limits, since a few
 * templates then decide the gap and these do not tell how others would.
 */
export function studentisedGaps(
  clusters: Clusters,
  { resamples = 10_000, seed = 0, confidence = 0.95 }: ResamplingOptions = {},
): Interval[] {
  checkConfidence(confidence);
  checkResamples(resamples);
  const { strata } = clusters;
  const errorsOf = gapErrorsOf(clusters, strata);
  const seen = errorsOf(new Float64Array(clusters.sums.length).fill(1));
  const least = leastError(clusters);
  const ratios = seen.gaps.map(() => new Float64Array(resamples));
  const random = randomNumbers(seed);
  const times = new Float64Array(clusters.sums.length);
  for (let r = 0; r < resamples; r++) {
    times.fill(0);
    for (const stratum of strata)
      for (let k = 0; k < stratum.length; k++) times[stratum[Math.floor(random() * stratum.length)]!]! += 1;
    const { gaps, errors } = errorsOf(times);
    for (let g = 0; g < gaps.length; g++) {
      const away = Math.abs(gaps[g]! - seen.gaps[g]!);
      ratios[g]![r] = away <= least ? 0 : errors[g]! <= least ? Infinity : away / errors[g]!;
    }
  }
  const place = Math.ceil(confidence * (resamples + 1)) - 1;
  return seen.gaps.map((estimate, g): Interval => {
    const none = (why: string) => ({
      estimate,
      low: NaN,
      high: NaN,
      confidence,
      method: `no bootstrap limits: ${why}`,
    });
    if (seen.errors[g]! <= least) return none(`all ${resamples} resamples, seed ${seed}, give the same`);
    const factor = ratios[g]!.sort()[place] ?? Infinity;
    if (factor === Infinity) {
      const alike = ratios[g]!.filter((ratio) => ratio === Infinity).length;
      return none(
        `in ${alike} of ${resamples} resamples, seed ${seed}, all templates are alike: too few differ`,
      );
    }
    const half = factor * seen.errors[g]!;
    const method = `studentised bootstrap, ${resamples}, seed ${seed}`;
    return { estimate, low: estimate - half, high: estimate + half, confidence, method };
  });
}

/**
 * Limits of every group's gap by Student's t over templates, with one degree of freedom less than there are and the
 * cluster-robust standard error over all of them: no draws, and where few templates differ narrower than it should be.
 */
export function studentsGaps(clusters: Clusters, confidence = 0.95): Interval[] {
  checkConfidence(confidence);
  const n = clusters.sums.length;
  const { gaps, errors } = gapErrorsOf(clusters, [[...clusters.sums.keys()]])(new Float64Array(n).fill(1));
  const factor = n < 2 ? NaN : tQuantile(0.5 + confidence / 2, n - 1);
  const least = leastError(clusters);
  return gaps.map((estimate, g): Interval => {
    if (errors[g]! <= least)
      return {
        estimate,
        low: NaN,
        high: NaN,
        confidence,
        method: `no t limits: all ${n} templates are alike`,
      };
    const half = factor * errors[g]!;
    return {
      estimate,
      low: estimate - half,
      high: estimate + half,
      confidence,
      method: `t over ${n} templates`,
    };
  });
}

/** Equal values may be added in another order, and then differ in the last digit. */
function leastError({ sums, counts }: Clusters): number {
  let most = 0;
  sums.forEach((sum, t) =>
    sum.forEach((each, g) => {
      const size = Math.abs(each / counts[t]![g]!);
      if (size > most) most = size;
    }),
  );
  return 1e-12 * most;
}
