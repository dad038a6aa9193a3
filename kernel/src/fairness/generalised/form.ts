import type { Prediction } from "../metrics/prediction.js";
import type { Score } from "./score.js";
import { meanOf, sumOf } from "../statistics/mean.js";

/** What a sum over groups or pairs is divided by. */
export type Divisor = "pairs" | "groups" | "one";

/**
 * How the scores of groups become one number (Czarnowska, Vyas & Shah 2021).
 * `pairs` (PCM): distances of all pairs of groups. `background` (BCM): distances of each group from all rows, or from
 * those of the other groups; its list by group is VBCM. `all` (MCM): one distance of all groups at once.
 */
export type Form<S> =
  | { readonly kind: "pairs"; readonly distance: (a: S, b: S) => number; readonly divide: Divisor }
  | {
      readonly kind: "background";
      readonly distance: (background: S, group: S) => number;
      readonly rows: "all" | "without";
      readonly divide: Divisor;
    }
  | { readonly kind: "all"; readonly distance: (scores: readonly S[]) => number };

/** Values of one class. */
export interface FormValue {
  readonly value: number;
  /** By group: its distance from the background, or the mean of its pairs; none where all are compared at once. */
  readonly groups: ReadonlyMap<string, number>;
}

export type Groups = ReadonlyMap<string, readonly Prediction[]>;

const divisorOf = (divide: Divisor, groups: number) =>
  ({ one: 1, groups, pairs: (groups * (groups - 1)) / 2 })[divide];

/** The value of a form for one class, or undefined when a group (or its background) has no score. Needs two groups. */
export function evaluate<S>(
  form: Form<S>,
  score: Score<S>,
  groups: Groups,
  of: number,
  classes: number,
): FormValue | undefined {
  const names = [...groups.keys()];
  const scores = names.map((name) => score(groups.get(name)!, of, classes));
  if (names.length < 2 || scores.some((each) => each === undefined)) return undefined;
  const known = scores as S[];
  if (form.kind === "all") return { value: form.distance(known), groups: new Map() };
  if (form.kind === "pairs") return pairs(form, names, known);
  const distances = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    const others = form.rows === "all" ? names : names.filter((each) => each !== name);
    const background = score(
      others.flatMap((each) => groups.get(each)!),
      of,
      classes,
    );
    if (background === undefined) return undefined;
    distances.set(name, form.distance(background, known[i]!));
  }
  return {
    value: sumOf([...distances.values()]) / divisorOf(form.divide, names.length),
    groups: distances,
  };
}

function pairs<S>(
  { distance, divide }: Extract<Form<S>, { kind: "pairs" }>,
  names: readonly string[],
  scores: readonly S[],
): FormValue {
  const own = names.map((): number[] => []);
  const all: number[] = [];
  for (let i = 0; i < names.length; i++)
    for (let j = i + 1; j < names.length; j++) {
      const found = distance(scores[i]!, scores[j]!);
      all.push(found);
      own[i]!.push(found);
      own[j]!.push(found);
    }
  return {
    value: sumOf(all) / divisorOf(divide, names.length),
    groups: new Map(names.map((name, i) => [name, meanOf(own[i]!)])),
  };
}
