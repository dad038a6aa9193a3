import type { Provenance } from "../../display/payload/provenance.js";
import { progress } from "../../display/progress.js";
import { cancelSignal } from "../../session/host.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import { madeOfRuns } from "../../session/provenance.js";
import { randomNumbers, type Random } from "../../session/sampling.js";
import type { Session } from "../../session/session.js";
import { withLossCurve } from "../lossCurve.js";
import type { OptimiserOptions } from "../optimisers/optimiser.js";
import type { Schedule } from "../optimisers/schedule.js";
import { checkModel } from "../training/goingOn.js";
import { Descent } from "../training/descent.js";
import { untilInterrupted } from "../training/untilInterrupted.js";
import { moduleGradient, type Pass } from "./gradient.js";
import { copyModules, namedTensors, type Modules } from "./modules.js";
import { checkPlace, courseOf, told, type FitPlace } from "./place.js";
import { Validation, validationCurve, type ValidationLoss, type ValidationOptions } from "./validation.js";

export interface FitOptions {
  /** The first tensors; they are copied. Of a fit that goes on only the names and shapes. */
  readonly modules: Modules;
  /**
   * What step `step` runs, with the modules as they are then: in edits by `trainable`, or in a loss by `trained`. Several
   * passes add up to one step. `random` draws the same numbers for the same seed and step.
   */
  readonly step: (modules: Modules, step: number, random: Random) => Pass | readonly Pass[];
  /** Steps that this call makes; none where a fit goes on whose last look was interrupted. */
  readonly steps: number;
  readonly optimiser: OptimiserOptions;
  /** Over `totalSteps`. Default constant. */
  readonly schedule?: Schedule;
  /** Largest norm of all gradients together. Default: not clipped. */
  readonly clip?: number;
  /** Default: that of the fit to go on from, else 0. */
  readonly seed?: number;
  /** Where an earlier fit stood, its `last`: this call goes on as if that had not stopped, and knows the best so far. */
  readonly from?: FitPlace;
  /** Steps of the schedule. Default: those made before and in this call. */
  readonly totalSteps?: number;
  /** Passes over held-out rows: the modules that do best on them are kept. Default: none, and the last are. */
  readonly validation?: ValidationOptions;
  /** What the progress bar says. */
  readonly label?: string;
  readonly signal?: AbortSignal;
  readonly quiet?: boolean;
}

/** A fit; where it went on from another, all of both. */
export interface Fitted {
  /** With validation, those for which its loss was lowest; without, the last. */
  readonly modules: Modules;
  /** Of each step, before it. */
  readonly losses: readonly number[];
  /** Loss of the held-out rows after so many steps. */
  readonly validation: readonly ValidationLoss[];
  /** After how many steps the modules were so; undefined without validation. */
  readonly best: number | undefined;
  readonly stopped: "steps" | "interrupted";
  /** What to go on from. */
  readonly last: FitPlace;
  readonly seed: number;
  readonly provenance: Provenance;
}

const optionNames: OptionNames<FitOptions> = {
  modules: true,
  step: true,
  steps: true,
  optimiser: true,
  schedule: true,
  clip: true,
  seed: true,
  from: true,
  totalSteps: true,
  validation: true,
  label: true,
  signal: true,
  quiet: true,
};

/**
 * Trains modules at hook points of the live session: probes, maps and small networks written with graph values, the model
 * itself frozen, on any mesh. Shows a progress bar with the seed; an interrupt keeps what has been learnt so far, with
 * validation what was best by then, and with `from: fitted.last` and the steps that are left the same call goes on from there
 * and gives what it would have given without the interrupt. What comes back shows as the loss by step.
 *
 * Throws one line when a setting does not fit, when a module takes part in no pass, or when the loss is no longer finite.
 */
export async function fit(session: Session, options: FitOptions): Promise<Fitted> {
  checkOptions("fit", options, optionNames);
  const { steps, label = "modules", from } = options;
  const least = from === undefined ? 1 : 0;
  if (!Number.isInteger(steps) || steps < least) throw new Error(`steps ${steps}: must be ${least} or more`);
  if (from !== undefined) {
    checkPlace(from, options);
    await checkModel(session, from, told);
  }
  const seed = options.seed ?? from?.seed ?? 0;
  const modules = copyModules(from?.modules ?? options.modules);
  const named = namedTensors(modules);
  if (named.length === 0) throw new Error("no modules to train");
  const losses = [...(from?.losses ?? [])];
  const before = losses.length;
  const end = before + steps;
  const course = courseOf(options, end);
  if (end > course.total) throw new Error(`${end} steps of a schedule of ${course.total}`);
  const descent = new Descent(named, { ...course, from: from?.optimiser });
  const signal = cancelSignal(options.signal);
  const validation = options.validation && new Validation(session, options.validation, signal, from);
  let provenance = from?.provenance;
  let place = validation?.soFar;
  const bar = options.quiet === true ? undefined : progress(steps, `training ${label}, seed ${seed}`);
  const lookIfDue = async () => {
    await validation?.lookIfDue(modules, losses.length);
    place = validation?.soFar;
  };
  const ended = await untilInterrupted(
    bar,
    () => losses.length > before,
    async () => {
      for (let step = before; step < end; step++) {
        await lookIfDue();
        const asked = options.step(modules, step, randomNumbers(seed, step));
        const passes = "input" in asked ? [asked] : asked;
        const { loss, gradients, ...run } = await moduleGradient(session, named, passes, { step, signal });
        provenance = run.provenance;
        descent.follow(step, loss, gradients);
        losses.push(loss);
        const checked = place?.validation.at(-1);
        const beside = checked ? `, validation ${checked.loss.toFixed(3)} after step ${checked.step}` : "";
        bar?.advance(1, `loss ${loss.toFixed(3)}${beside}`);
      }
      await lookIfDue();
      await validation?.look(modules, end);
    },
  );
  const every = validation ? `, validation every ${validation.every}` : "";
  const call = `fit(${named.map(({ name }) => name).join(", ")}, ${losses.length} steps${every})`;
  const found = validation?.soFar;
  const shared = { losses, seed, provenance: madeOfRuns(provenance!, call, seed) };
  const result: Fitted = {
    ...shared,
    modules: found?.best?.modules ?? modules,
    validation: found?.validation ?? [],
    best: found?.best?.step,
    stopped: ended === "done" ? "steps" : ended,
    last: {
      ...shared,
      modules,
      optimiser: descent.state(),
      course,
      validation: place?.validation ?? [],
      best: place?.best,
    },
  };
  return withLossCurve(result, `Training of ${label}`, losses, validationCurve(result));
}
