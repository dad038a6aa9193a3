import { printShape } from "../../graph/shape.js";
import type { Provenance } from "../../display/payload/provenance.js";
import type { OptimiserState } from "../optimisers/optimiser.js";
import { checkCourse, type TrainingCourse, type Told } from "../training/goingOn.js";
import type { FitOptions } from "./fit.js";
import { namedTensors, type Modules } from "./modules.js";
import type { BestModules, ValidationLoss } from "./validation.js";

/** Where a fit stands: all that it takes to go on as if it had not stopped. */
export interface FitPlace {
  readonly modules: Modules;
  readonly optimiser: OptimiserState;
  /** In steps. */
  readonly course: TrainingCourse;
  readonly seed: number;
  /** Of each step of all calls, before it. */
  readonly losses: readonly number[];
  /** Of held-out rows; a look at the end of a call is among them where one was due, since a fit without end would not have had it. */
  readonly validation: readonly ValidationLoss[];
  /** The modules for which that was lowest, of all calls. */
  readonly best: BestModules | undefined;
  readonly provenance: Provenance;
}

export const told: Told = {
  what: "fit",
  unit: "steps",
  total: "totalSteps",
  anew: "to begin anew leave from out",
};

/**
 * The course of a fit, in steps.
 *
 * @param end how many there are after this call
 */
export function courseOf(options: FitOptions, end: number): TrainingCourse {
  const { optimiser, schedule = { kind: "constant" }, totalSteps: total = end, clip } = options;
  return { optimiser, schedule, total, clip };
}

/**
 * Throws one line where a setting is not that of the fit that is gone on from, so that its best would mean something else, or
 * its steps lead elsewhere.
 */
export function checkPlace(place: FitPlace, options: FitOptions): void {
  const { modules, seed = place.seed, validation } = options;
  if ("last" in place) throw new Error("from is a whole fit: give its last to go on");
  if (seed !== place.seed)
    throw new Error(`seed ${seed} for a fit of seed ${place.seed}: it goes on with its own`);
  const printed = (of: Modules) =>
    namedTensors(of)
      .map(({ name, shape }) => `${name} ${printShape(shape)}`)
      .join(", ");
  if (printed(modules) !== printed(place.modules))
    throw new Error(`modules ${printed(modules)} for a fit of ${printed(place.modules)}`);
  const had = place.validation.length > 0;
  if (had !== (validation !== undefined))
    throw new Error(
      had
        ? "no validation for a fit that had one: it goes on with its own"
        : "validation for a fit that had none: begin anew with its modules",
    );
  const done = place.losses.length;
  checkCourse(place.course, courseOf(options, done + options.steps), done, told);
}
