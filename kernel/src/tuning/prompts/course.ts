import type { TrainingCourse, Told } from "../training/goingOn.js";
import { optimiserOf } from "./settings.js";
import type { TuneOptions } from "./types.js";

/** What to do to take another course. */
export const anew = "to begin anew give from: { prompt, optimiser } of it";

export const told: Told = { what: "tuning", unit: "epochs", total: "totalEpochs", anew };

/**
 * The course of a tuning, in epochs.
 *
 * @param end how many there are after this call
 */
export function courseOf(options: TuneOptions, end: number): TrainingCourse {
  const { schedule = { kind: "constant" }, totalEpochs: total = end, clip } = options;
  return { optimiser: optimiserOf(options), schedule, total, clip };
}
