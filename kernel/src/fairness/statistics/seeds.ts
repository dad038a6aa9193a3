import { tQuantile } from "./distributions.js";
import { checkConfidence, type Interval } from "./interval.js";
import { deviationOf, meanOf } from "./mean.js";

/**
 * How an interval over runs is made. `t`: mean ± t·s/√n with n − 1 degrees of freedom. `published`: mean ± 1.96·s/√n, as
 * tables in the literature have it, which is too narrow for few runs (for 5 by 29 %).
 */
export type SeedMethod = "t" | "published";

/**
 * The mean of one value a run, between its limits; undefined values of a run are refused. One run has no limits.
 * `confidence` is 0.95 under `published`.
 */
export function overSeeds(values: readonly number[], method: SeedMethod = "t", confidence = 0.95): Interval {
  if (!["t", "published"].includes(method))
    throw new RangeError(`method "${String(method)}" over seeds: choose t or published`);
  checkConfidence(confidence);
  if (method === "published" && confidence !== 0.95)
    throw new RangeError(`confidence ${confidence} under "published": it has 1.96, which is 0.95`);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1) throw new RangeError(`run ${bad} has value ${values[bad]}: only finite values have a mean`);
  const n = values.length;
  const estimate = meanOf(values);
  const factor = method === "published" ? 1.96 : n < 2 ? NaN : tQuantile(0.5 + confidence / 2, n - 1);
  const half = (factor * deviationOf(values)) / Math.sqrt(n);
  const name = method === "published" ? `z over ${n} seeds` : `t over ${n} seeds`;
  return { estimate, low: estimate - half, high: estimate + half, confidence, method: name };
}
