import { shownAs, type Displayable } from "../../display/index.js";
import { deviationsOf } from "./deviations.js";
import { compareDistributions } from "./distributions.js";
import type { Outcome, Subject } from "./subject.js";
import type { Verification } from "./types.js";
import { verdictOf } from "./verdict.js";
import { view } from "./view.js";

/**
 * Compares what came back with its repetition on one process.
 *
 * @param effects what its edits were found to change
 */
export function compareOutcomes(
  { kind, provenance }: Pick<Subject, "kind" | "provenance">,
  own: Outcome,
  again: Outcome,
  effects: Pick<Verification, "effect" | "edits">,
): Verification & Displayable {
  const compared = {
    kind,
    ...compareDistributions(own, again),
    best: own.best === undefined ? undefined : own.best === again.best,
    deviations: deviationsOf(own.values, again.values),
  };
  const result: Verification = { verdict: verdictOf(compared), ...compared, ...effects, provenance };
  return shownAs(result, () => view(result));
}
