import { isDeepStrictEqual } from "node:util";
import type { Provenance } from "../../display/payload/provenance.js";
import type { Session } from "../../session/session.js";
import type { OptimiserOptions } from "../optimisers/optimiser.js";
import type { Schedule } from "../optimisers/schedule.js";

/** What decides how far each step goes: other ones would lead a training elsewhere. */
export interface TrainingCourse {
  readonly optimiser: OptimiserOptions;
  readonly schedule: Schedule;
  /** Steps of the schedule, or epochs of it. */
  readonly total: number;
  /** Undefined where gradients are not clipped. */
  readonly clip: number | undefined;
}

/** How errors speak of what goes on. */
export interface Told {
  readonly what: "tuning" | "fit";
  readonly unit: "epochs" | "steps";
  /** The option that says how long the schedule is. */
  readonly total: "totalEpochs" | "totalSteps";
  /** What to do to take another course. */
  readonly anew: string;
}

/**
 * Throws one line where a training would go on by another course than its own.
 *
 * @param done steps or epochs that are made
 */
export function checkCourse(
  before: TrainingCourse,
  now: TrainingCourse,
  done: number,
  { what, unit, total, anew }: Told,
): void {
  const { learningRate: rateBefore, ...kindBefore } = before.optimiser;
  const { learningRate: rate, ...kind } = now.optimiser;
  const scheduled = ({ schedule: { kind: of, warmup = 0 } }: TrainingCourse) => ({ kind: of, warmup });
  const parts: Readonly<Record<string, readonly [before: unknown, now: unknown]>> = {
    optimiser: [kindBefore, kind],
    learningRate: [rateBefore, rate],
    schedule: [scheduled(before), scheduled(now)],
    clip: [before.clip ?? "none", now.clip ?? "none"],
  };
  for (const [name, [was, is]] of Object.entries(parts))
    if (!isDeepStrictEqual(was, is))
      throw new Error(`${name} ${JSON.stringify(is)} for a ${what} by ${JSON.stringify(was)}: ${anew}`);
  // A constant rate is the same however long it is.
  if (now.schedule.kind === "constant" || now.total === before.total) return;
  const left = before.total - done;
  const cure =
    left > 0
      ? `give ${unit}: ${left}, or fewer with ${total}: ${before.total}`
      : `they are over, and ${anew}`;
  throw new Error(
    `a ${now.schedule.kind} schedule over ${now.total} ${unit} for a ${what} by one over ${before.total}: ${cure}`,
  );
}

/** Throws one line for another model than that of a training: what it has learnt is of that one. */
export async function checkModel(
  session: Session,
  { provenance }: { readonly provenance: Provenance },
  { what, anew }: Told,
): Promise<void> {
  const { fingerprint } = await session.status();
  const short = (of: string) => of.slice(0, 8);
  if (fingerprint !== provenance.fingerprint)
    throw new Error(
      `the model here is ${short(fingerprint)}, and the ${what} to go on from is of ${provenance.model}, ${short(provenance.fingerprint)}: ${anew}`,
    );
}
