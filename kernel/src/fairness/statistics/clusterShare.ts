import { clusterMean, type ClusterCount } from "./clusterMean.js";
import { normalQuantile, tQuantile } from "./distributions.js";
import { checkConfidence, type Interval } from "./interval.js";
import { clopperPearsonOfShare } from "./proportion.js";

/**
 * A mean of values between 0 and 1, such as a rate, with limits for few clusters: Clopper & Pearson's for the effective
 * number of independent rows p(1 − p)/v, v being the variance that clusters leave, shrunk by (z/t)² because these clusters
 * tell v itself only so well (Korn & Graubard 1998, Survey Methodology 24, 193–201; Dean & Pagano 2015), with the degrees of
 * freedom of `clusterMean`. Where all clusters are alike, as at a rate of 0, nothing tells that rows of one are not copies
 * of each other, and the limits are those of as many rows as there are effective clusters.
 *
 * Measured at 95 %, of beta-binomial rates of 0.05, 0.2 and 0.5 with correlations 0 to 1 within clusters, of 6, 9, 24 and
 * 60 clusters of 10, of 2 to 20, of 2, or of 5 rows beside one of 60: in none of these 288 cases do they miss more than 6 %;
 * of three strata with rates of 0.05, 0.3 and 0.8 up to 5 %. With n − 1 degrees of freedom instead they miss up to 13 %,
 * Wilson's limits of the same effective number up to 15 %, and `bca`, where it has limits, up to 22 % of 6, 19 % of 9, 16 %
 * of 24 and 17 % of 60. Means of probabilities that lie near 0 but for rare clusters, which may all be absent, are missed
 * more often: one of 0.09 by 23 % of 6, 17 % of 9 and 7 % of 24 clusters, one of 0.2 by 11, 7 and 3 %.
 */
export function clusterShare(
  strata: readonly (readonly ClusterCount[])[],
  { of = "clusters", confidence = 0.95 }: { readonly of?: string; readonly confidence?: number } = {},
): Interval {
  checkConfidence(confidence);
  const { estimate, error, degrees, clusters, effective } = clusterMean(strata);
  const over = `over ${clusters} ${of}`;
  if (!(error > 0)) {
    const found = clopperPearsonOfShare(estimate, effective, confidence);
    return { ...found, method: `${found.method} ${over}${clusters > 1 ? ", which are alike" : ""}` };
  }
  const level = 0.5 + confidence / 2;
  const rows =
    ((estimate * (1 - estimate)) / error ** 2) * (normalQuantile(level) / tQuantile(level, degrees)) ** 2;
  return { ...clopperPearsonOfShare(estimate, rows, confidence), method: `Korn–Graubard ${over}` };
}
