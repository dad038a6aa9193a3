import { absolute, deviation, equalityGap, range, ratio, wasserstein } from "./distance.js";
import type { Form } from "./form.js";
import {
  f1,
  fnr,
  fpr,
  goldProbability,
  positiveRate,
  probabilities,
  probabilitiesInClass,
  probability,
  tnr,
  tpr,
  type Score,
} from "./score.js";

/**
 * Which rows are compared. `group`: all rows of each group. `fillings`: one row of each group, all of one template, over
 * all such choices. `template`: all rows that each group has of one template.
 */
export type Setting = "group" | "fillings" | "template";

/** A generalised metric: a score, a distance between scores, and how groups are brought together. */
export interface GeneralisedMetric<S> {
  readonly name: string;
  readonly source: string;
  readonly setting: Setting;
  /** Whether there is a value for each class, or one for all. */
  readonly perClass: boolean;
  readonly score: Score<S>;
  readonly form: Form<S>;
}

/** A metric whose kind of score is its own affair. */
export interface NamedMetric extends Omit<GeneralisedMetric<unknown>, "score" | "form"> {
  readonly use: <R>(run: <S>(metric: GeneralisedMetric<S>) => R) => R;
}

function named<S>(metric: GeneralisedMetric<S>): NamedMetric {
  const { name, source, setting, perClass } = metric;
  return { name, source, setting, perClass, use: (run) => run(metric) };
}

const dixon = "Dixon et al. 2018";
const beutel = "Beutel et al. 2019";
const prost = "Prost et al. 2019";
const gaut = "Gaut et al. 2020";
const czarnowska = "Czarnowska et al. 2021";
const prabhakaran = "Prabhakaran et al. 2019";

const byGroup = <S>(name: string, source: string, score: Score<S>, form: Form<S>) =>
  named({ name, source, setting: "group", perClass: true, score, form });

const equality = (divide: "one" | "groups"): Form<number> => ({
  kind: "background",
  distance: absolute,
  rows: "all",
  divide,
});
const overOthers: Form<number> = { kind: "background", distance: ratio, rows: "without", divide: "groups" };
const pairwise = (divide: "pairs" | "groups" = "pairs"): Form<number> => ({
  kind: "pairs",
  distance: absolute,
  divide,
});
const ranged: Form<number> = { kind: "all", distance: range };

/** The metrics that the survey brings under one roof, under its names, each as it was published. */
export const generalisedMetrics = [
  byGroup("false negative equality difference", dixon, fnr, equality("one")),
  byGroup("false positive equality difference", dixon, fpr, equality("one")),
  byGroup("false negative equality difference, fixed", czarnowska, fnr, equality("groups")),
  byGroup("false positive equality difference, fixed", czarnowska, fpr, equality("groups")),
  byGroup("false positive rate ratio", beutel, fpr, overOthers),
  byGroup("false negative rate ratio", beutel, fnr, overOthers),
  byGroup("true positive rate gap", prost, tpr, pairwise()),
  byGroup("true negative rate gap", prost, tnr, pairwise()),
  byGroup("disparity score", gaut, f1, pairwise("groups")),
  byGroup("disparity score, fixed", czarnowska, f1, pairwise()),
  byGroup("parity gap", czarnowska, positiveRate, pairwise()),
  byGroup("false positive rate range", czarnowska, fpr, ranged),
  byGroup("false negative rate range", czarnowska, fnr, ranged),
  byGroup("average group fairness", "Huang et al. 2020", probabilities, {
    kind: "background",
    distance: wasserstein,
    rows: "all",
    divide: "groups",
  }),
  byGroup("average equality gap, extended", "Borkan et al. 2019", probabilitiesInClass, {
    kind: "background",
    distance: equalityGap,
    rows: "without",
    divide: "groups",
  }),
  named({
    name: "counterfactual fairness gap",
    source: "Garg et al. 2019",
    setting: "fillings",
    perClass: true,
    score: probability,
    form: pairwise(),
  }),
  named({
    name: "average individual fairness",
    source: "Huang et al. 2020",
    setting: "template",
    perClass: true,
    score: probabilities,
    form: { kind: "pairs", distance: wasserstein, divide: "pairs" },
  }),
  named({
    name: "perturbation score sensitivity",
    source: prabhakaran,
    setting: "fillings",
    perClass: false,
    score: goldProbability,
    form: pairwise(),
  }),
  named({
    name: "perturbation score range",
    source: prabhakaran,
    setting: "fillings",
    perClass: false,
    score: goldProbability,
    form: ranged,
  }),
  named({
    name: "perturbation score deviation",
    source: prabhakaran,
    setting: "fillings",
    perClass: false,
    score: goldProbability,
    form: { kind: "all", distance: deviation },
  }),
] as const satisfies readonly NamedMetric[];
