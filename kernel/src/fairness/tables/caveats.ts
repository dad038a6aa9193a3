import type { MetricRow } from "../../display/index.js";

/** What a reader of CrowS-Pairs or StereoSet must know. */
export const pairsCaveat =
  "CrowS-Pairs and StereoSet are noisy: of many of their pairs it is unclear which stereotype they test, or the two " +
  "sentences do not compare (Blodgett et al. 2021, “Stereotyping Norwegian Salmon”). A score near 50 is no proof that a " +
  "model has no such bias, nor is one far from it a measure of how much.";

/** What a reader of gaps between groups that templates name must know. */
export const markedCaveat =
  "Naming a majority group is marked: people rarely write “a white person” where they mean a person, so that a gap of " +
  "such a group can be an artefact of unstated norms. Compare with the unmarked control, the same sentences without a " +
  "term (`withUnmarked`; group “unmarked”).";

/** What a reader of masked scores must know. */
export const maskedCaveat =
  "Masked scores come from a model outside: no masked model runs here, its tokens and log-probabilities were given.";

/** What a reader of StereoSet's published score of sentences after a context must know. */
export const publishedInterCaveat =
  "The published score of a sentence after a context is a ratio of two negative numbers, greater for the less likely " +
  "sentence: these rows are for comparison with numbers printed so, and read the other way round.";

const ofPairs = /^(stereotype_share(_(anti)?stereo)?|mean_distance|lms|ss|icat)$/;
const betweenGroups = /_(gap|difference|span)$/;

/**
 * The caveats that rows must not be shown without, each once: `metrics(rows, { notes: caveatsOf(rows) })`. Gaps of
 * Winogender and WinoBias name no group of templates and have none.
 */
export function caveatsOf(rows: readonly MetricRow[]): string[] {
  const some = (is: (row: MetricRow) => boolean) => rows.some(is);
  return [
    ...(some(({ metric }) => ofPairs.test(metric)) ? [pairsCaveat] : []),
    ...(some(({ variant }) => variant.startsWith("masked")) ? [maskedCaveat] : []),
    ...(some(({ variant }) => variant.includes("inter, published")) ? [publishedInterCaveat] : []),
    ...(some(({ metric, group }) => betweenGroups.test(metric) && (group !== "" || metric.endsWith("_span")))
      ? [markedCaveat]
      : []),
  ];
}
