import { isDeepStrictEqual } from "node:util";
import type { OptimiserOptions } from "../optimisers/optimiser.js";
import type { Schedule } from "../optimisers/schedule.js";
import { optimiserOf } from "./settings.js";
import type { TuneOptions } from "./types.js";

/** What decides how far each step goes: other ones would lead a tuning elsewhere. */
export interface TuningCourse {
  readonly optimiser: OptimiserOptions;
  readonly schedule: Schedule;
  /** Epochs of the schedule. */
  readonly totalEpochs: number;
  /** Undefined where gradients are not clipped. */
  readonly clip: number | undefined;
}

/**
 * The course of a tuning.
 *
 * @param end how many epochs there are after this call
 */
export function courseOf(options: TuneOptions, end: number): TuningCourse {
  const { schedule = { kind: "constant" }, totalEpochs = end, clip } = options;
  return { optimiser: optimiserOf(options), schedule, totalEpochs, clip };
}

/** What to do to take another course. */
export const anew = "to begin anew give from: { prompt, optimiser } of it";

/** Throws one line where a tuning would go on by another course than its own. */
export function checkCourse(before: TuningCourse, now: TuningCourse, done: number): void {
  const { learningRate: rateBefore, ...kindBefore } = before.optimiser;
  const { learningRate: rate, ...kind } = now.optimiser;
  const scheduled = ({ schedule: { kind: of, warmup = 0 } }: TuningCourse) => ({ kind: of, warmup });
  const parts: Readonly<Record<string, readonly [before: unknown, now: unknown]>> = {
    optimiser: [kindBefore, kind],
    learningRate: [rateBefore, rate],
    schedule: [scheduled(before), scheduled(now)],
    clip: [before.clip ?? "none", now.clip ?? "none"],
  };
  for (const [name, [was, is]] of Object.entries(parts))
    if (!isDeepStrictEqual(was, is))
      throw new Error(`${name} ${JSON.stringify(is)} for a tuning by ${JSON.stringify(was)}: ${anew}`);
  // A constant rate is the same over any number of epochs.
  if (now.schedule.kind === "constant" || now.totalEpochs === before.totalEpochs) return;
  const left = before.totalEpochs - done;
  const cure =
    left > 0
      ? `give epochs: ${left}, or fewer with totalEpochs: ${before.totalEpochs}`
      : `they are over, and ${anew}`;
  throw new Error(
    `a ${now.schedule.kind} schedule over ${now.totalEpochs} epochs for a tuning by one over ${before.totalEpochs}: ${cure}`,
  );
}
