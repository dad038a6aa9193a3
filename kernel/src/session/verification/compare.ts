import { shownAs, type Displayable } from "../../display/index.js";
import type { Run } from "../types.js";
import { deviationsOf } from "./deviations.js";
import { compareDistributions } from "./distributions.js";
import type { Verdict, Verification } from "./types.js";
import { valuesOf } from "./values.js";
import { view } from "./view.js";

/**
 * Compares a run with its repetition on one process.
 *
 * @param isAll whether the logits are those of all positions
 * @param effects what its edits were found to change
 */
export function compareRuns(
  run: Run,
  again: Run,
  isAll: boolean,
  effects: Pick<Verification, "effect" | "edits">,
): Verification & Displayable {
  const distributions = compareDistributions(run, again, isAll);
  const lengths = run.tokens.map((row) => row.length);
  const deviations = deviationsOf(valuesOf(run, isAll), valuesOf(again, isAll), lengths);
  const compared = { ...distributions, deviations };
  const result: Verification = {
    verdict: verdictOf(compared),
    ...compared,
    ...effects,
    provenance: run.provenance,
  };
  return shownAs(result, () => view(result));
}

function verdictOf({
  top1 = 1,
  totalVariation,
  deviations,
}: Pick<Verification, "top1" | "totalVariation" | "deviations">): Verdict {
  if (top1 === 1 && deviations.every(({ relative }) => relative <= 1e-3)) return "supported";
  const isFinite = deviations.every(({ largest }) => largest < Infinity);
  const isNear = totalVariation !== undefined && totalVariation.largest <= 0.1;
  return isFinite && isNear && top1 >= 0.9 ? "degraded" : "wrong";
}
