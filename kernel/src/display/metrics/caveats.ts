import type { MetricRow } from "../payload/metrics.js";

/** What a reader of CrowS-Pairs or StereoSet must know. */
export const pairsCaveat =
  "CrowS-Pairs and StereoSet are noisy: of many of their pairs it is unclear which stereotype they test, or the two " +
  "sentences do not compare (Blodgett et al. 2021, “Stereotyping Norwegian Salmon”). A score near 50 is no proof that a " +
  "model has no such bias, nor is one far from it a measure of how much.";

/** What a reader of masked scores must know. */
export const maskedCaveat =
  "Masked scores come from a model outside: no masked model runs here, its tokens and log-probabilities were given.";

/** What a reader of StereoSet's published score of sentences after a context must know. */
export const publishedInterCaveat =
  "The published score of a sentence after a context is a ratio of two negative numbers, greater for the less likely " +
  "sentence: these rows are for comparison with numbers printed so, and read the other way round.";

/** What a reader of how well a model identifies bias must know. */
export const reconstructionCaveat =
  "The gold labels are a reconstruction, not the authors' protocol: Dige et al. 2023 (arXiv 2307.10472) do not say how " +
  "theirs were made. These were made by the rules in fairness.goldRules.";

/** What a reader of differences between groups that templates name must know. */
export const markedCaveat =
  "Naming a majority group is marked: people rarely write “a white person” where they mean a person, so that a gap of " +
  "such a group can be an artefact of unstated norms. Compare with the unmarked control, the same sentences without a " +
  "term (withUnmarked; group “unmarked”).";

/** What a reader of p values from permuted group labels must know. */
export const permutationCaveat =
  "The permutation test within templates holds for these templates and these terms: a small p says that the groups " +
  "differ in them, and where a group has few terms it says nothing of that group's other terms.";

/** Parts of a row's variant that a reader must be told more of; who makes such rows names them by these words. */
export const toldVariants = {
  masked: "masked",
  publishedInter: "inter, published",
  reconstructedGold: "gold labels reconstructed",
} as const;

const ofPairs = /^(stereotype_share(_(anti)?stereo)?|mean_distance|lms|ss|icat)$/;
const ofGroups = /_(gap|difference|span)$/;
/** The generalised metrics of Czarnowska et al. 2021 all compare groups, with a group of their own in the row or not. */
const generalised =
  /^((false|true) (positive|negative) (equality difference|rate (ratio|gap|range))|disparity score|parity gap|average (equality gap|(group|individual) fairness)|counterfactual fairness gap|perturbation score)\b/;

/** Gaps of Winogender and WinoBias name no group of templates. */
const isBetweenGroups = ({ metric, group }: MetricRow) =>
  generalised.test(metric) || (ofGroups.test(metric) && (group !== "" || metric.endsWith("_span")));

const caveats: readonly (readonly [caveat: string, isNeeded: (row: MetricRow) => boolean])[] = [
  [pairsCaveat, ({ metric }) => ofPairs.test(metric)],
  [maskedCaveat, ({ variant }) => variant.startsWith(toldVariants.masked)],
  [publishedInterCaveat, ({ variant }) => variant.includes(toldVariants.publishedInter)],
  [reconstructionCaveat, ({ variant }) => variant.includes(toldVariants.reconstructedGold)],
  [markedCaveat, isBetweenGroups],
  [permutationCaveat, ({ test }) => test === "permutation"],
];

/** The caller's notes and after them the caveats that rows must not be shown without, each once. */
export function withCaveats(notes: readonly string[], rows: readonly MetricRow[]): string[] {
  const needed = caveats.filter(([, isNeeded]) => rows.some(isNeeded)).map(([caveat]) => caveat);
  return [...new Set([...notes, ...needed])];
}
