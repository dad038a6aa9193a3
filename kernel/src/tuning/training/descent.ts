import type { NamedTensor } from "../../models/checkpoint/writeSafetensors.js";
import { clipByGlobalNorm, globalNorm } from "../optimisers/clip.js";
import { Optimiser, type OptimiserOptions, type OptimiserState } from "../optimisers/optimiser.js";
import { scheduleFactor, type Schedule } from "../optimisers/schedule.js";

export interface DescentOptions {
  readonly optimiser: OptimiserOptions;
  /** Over `total` steps. */
  readonly schedule: Schedule;
  readonly total: number;
  /** Largest norm of all gradients together; undefined where they are not clipped. */
  readonly clip: number | undefined;
  /** Where the optimiser of an earlier descent stood. */
  readonly from?: OptimiserState | undefined;
}

/** Parameters on their way down a loss, step by step: what every training here has in common. */
export class Descent {
  readonly #optimiser: Optimiser;

  /** Throws one line for a setting that is no such thing, and for a state of other parameters. */
  constructor(
    parameters: readonly NamedTensor[],
    private readonly options: DescentOptions,
  ) {
    this.#optimiser = new Optimiser(parameters, options.optimiser);
    if (options.from) this.#optimiser.restore(options.from);
  }

  /** A copy of where the optimiser stands. */
  state(): OptimiserState {
    return this.#optimiser.state();
  }

  /**
   * Step `step`, along gradients that are clipped in place; returns their norm before that. Throws one line, before anything
   * changes, when loss or gradients are not finite.
   */
  follow(step: number, loss: number, gradients: ReadonlyMap<string, Float32Array>): number {
    const { schedule, total, clip } = this.options;
    if (!Number.isFinite(loss))
      throw new Error(`the loss at step ${step} is ${loss}: the learning rate is too high`);
    const norm =
      clip === undefined ? globalNorm(gradients.values()) : clipByGlobalNorm(gradients.values(), clip);
    this.#optimiser.step(gradients, scheduleFactor(schedule, step, total));
    return norm;
  }
}
