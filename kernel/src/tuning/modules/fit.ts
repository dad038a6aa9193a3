import type { Provenance } from "../../display/payload/provenance.js";
import { progress } from "../../display/progress.js";
import type { BackwardOptions } from "../../session/backward/types.js";
import { CancelledError } from "../../session/cancelled.js";
import { cancelSignal } from "../../session/host.js";
import { madeOfRuns } from "../../session/provenance.js";
import { randomNumbers, type Random } from "../../session/sampling.js";
import type { Session } from "../../session/session.js";
import type { Input } from "../../session/types.js";
import { clipByGlobalNorm } from "../optimisers/clip.js";
import { Optimiser, type OptimiserOptions, type OptimiserState } from "../optimisers/optimiser.js";
import { scheduleFactor, type Schedule } from "../optimisers/schedule.js";
import { withLossCurve } from "../lossCurve.js";
import { copyModules, type Modules } from "./modules.js";
import { Validation, validationCurve, type ValidationLoss, type ValidationOptions } from "./validation.js";

/** One backward pass of a step: what runs, and its loss. */
export interface Pass extends Pick<
  BackwardOptions,
  "hooks" | "loss" | "read" | "given" | "logits" | "trained"
> {
  readonly input: Input;
}

export interface FitOptions {
  /** The first tensors; they are copied. */
  readonly modules: Modules;
  /**
   * What step `step` runs, with the modules as they are then: in edits by `trainable`, or in a loss by `trained`. Several
   * passes add up to one step. `random` draws the same numbers for the same seed and step.
   */
  readonly step: (modules: Modules, step: number, random: Random) => Pass | readonly Pass[];
  /** Steps that this call makes. */
  readonly steps: number;
  readonly optimiser: OptimiserOptions;
  /** Over `totalSteps`. Default constant. */
  readonly schedule?: Schedule;
  /** Largest norm of all gradients together. Default: not clipped. */
  readonly clip?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Where the optimiser stood, to go on: steps are counted from there, also for the schedule and `random`. */
  readonly from?: OptimiserState;
  /** Steps of the schedule. Default: those made before and in this call. */
  readonly totalSteps?: number;
  /** Passes over held-out rows: the modules that do best on them are kept. Default: none, and the last are. */
  readonly validation?: ValidationOptions;
  /** What the progress bar says. */
  readonly label?: string;
  readonly signal?: AbortSignal;
  readonly quiet?: boolean;
}

export interface Fitted {
  /** With validation, those for which its loss was lowest; without, the last. */
  readonly modules: Modules;
  /** Of each step, before it. */
  readonly losses: readonly number[];
  /** Loss of the held-out rows after so many steps, those before this call counted. */
  readonly validation: readonly ValidationLoss[];
  /** After how many steps the modules were so; undefined without validation. */
  readonly best: number | undefined;
  readonly stopped: "steps" | "interrupted";
  /** After the last step, to go on from together with the optimiser. */
  readonly last: Modules;
  readonly optimiser: OptimiserState;
  readonly seed: number;
  readonly provenance: Provenance;
}

/**
 * Trains modules at hook points of the live session: probes, maps and small networks written with graph values, the model
 * itself frozen, on any mesh. Shows a progress bar with the seed; an interrupt keeps what has been learnt so far, with
 * validation what was best by then. What comes back shows as the loss by step.
 *
 * Throws one line when a setting does not fit, when a module takes part in no pass, or when the loss is no longer finite.
 */
export async function fit(session: Session, options: FitOptions): Promise<Fitted> {
  const { steps, schedule = { kind: "constant" }, clip, seed = 0, label = "modules" } = options;
  if (!Number.isInteger(steps) || steps < 1) throw new Error(`steps ${steps}: must be 1 or more`);
  const modules = copyModules(options.modules);
  const named = Object.entries(modules).flatMap(([module, tensors]) =>
    Object.entries(tensors).map(([name, tensor]) => ({
      module,
      tensor: name,
      name: `${module}.${name}`,
      ...tensor,
    })),
  );
  if (named.length === 0) throw new Error("no modules to train");
  const optimiser = new Optimiser(named, options.optimiser);
  if (options.from) optimiser.restore(options.from);
  const signal = cancelSignal(options.signal);
  const first = options.from?.step ?? 0;
  const total = options.totalSteps ?? first + steps;
  if (first + steps > total) throw new Error(`${first + steps} steps of a schedule of ${total}`);
  const validation = options.validation && new Validation(session, options.validation, signal);
  const losses: number[] = [];
  let provenance: Provenance | undefined;
  let stopped: Fitted["stopped"] = "steps";
  const bar = options.quiet === true ? undefined : progress(steps, `training ${label}, seed ${seed}`);
  try {
    for (let step = first; step < first + steps; step++) {
      if (validation && (step === first || step % validation.every === 0))
        await validation.look(modules, step);
      const asked = options.step(modules, step, randomNumbers(seed, step));
      const passes = "input" in asked ? [asked] : asked;
      const gradients = new Map(named.map(({ name, data }) => [name, new Float32Array(data.length)]));
      const reached = new Set<string>();
      let loss = 0;
      for (const { input, ...pass } of passes) {
        const run = await session.backward(input, { ...pass, ...(signal && { signal }) });
        loss += run.loss;
        provenance = run.provenance;
        for (const { module, tensor, name } of named) {
          const found = run.trained[module]?.[tensor];
          if (found === undefined) continue;
          reached.add(name);
          const sum = gradients.get(name)!;
          found.data.forEach((x, i) => (sum[i]! += x));
        }
      }
      const idle = named.find(({ name }) => !reached.has(name));
      if (idle !== undefined) throw new Error(`"${idle.name}" takes part in no pass of step ${step}`);
      if (!Number.isFinite(loss))
        throw new Error(`the loss at step ${step} is ${loss}: the learning rate is too high`);
      if (clip !== undefined) clipByGlobalNorm(gradients.values(), clip);
      optimiser.step(gradients, scheduleFactor(schedule, step, total));
      losses.push(loss);
      const checked = validation?.losses.at(-1);
      const beside = checked ? `, validation ${checked.loss.toFixed(3)} after step ${checked.step}` : "";
      bar?.advance(1, `loss ${loss.toFixed(3)}${beside}`);
    }
    await validation?.look(modules, first + steps);
  } catch (error) {
    if (!(error instanceof CancelledError) || losses.length === 0) throw error;
    stopped = "interrupted";
  } finally {
    bar?.finish();
  }
  const every = validation ? `, validation every ${validation.every}` : "";
  const call = `fit(${named.map(({ name }) => name).join(", ")}, ${losses.length} steps${every})`;
  const best = validation?.best;
  const result: Fitted = {
    modules: best?.modules ?? modules,
    losses,
    validation: validation?.losses ?? [],
    best: best?.step,
    stopped,
    seed,
    last: modules,
    optimiser: optimiser.state(),
    provenance: madeOfRuns(provenance!, call, seed),
  };
  return withLossCurve(result, `Training of ${label}`, losses, validationCurve(result));
}
