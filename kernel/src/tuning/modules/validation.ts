import { lossReadout } from "../../session/backward/loss.js";
import type { BackwardOptions } from "../../session/backward/types.js";
import type { ReadoutInputs } from "../../session/readout.js";
import type { Session } from "../../session/session.js";
import type { ForwardOptions, Input } from "../../session/types.js";
import type { Fitted } from "./fit.js";
import { copyModules, type Modules } from "./modules.js";

/** One forward pass that is looked at and not learnt from, and its loss. */
export interface ValidationPass
  extends ReadoutInputs, Pick<ForwardOptions, "hooks">, Pick<BackwardOptions, "logits" | "loss"> {
  readonly input: Input;
}

export interface ValidationOptions {
  /** What is run of held-out rows, with the modules as they are then; the losses of several passes add up. */
  readonly passes: (modules: Modules) => ValidationPass | readonly ValidationPass[];
  /** Steps between two looks; there is one before the first step and one after the last, too. Default 20. */
  readonly every?: number;
}

/** The loss of held-out rows after so many steps. */
export interface ValidationLoss {
  readonly step: number;
  readonly loss: number;
}

/** The modules for which the loss of held-out rows was lowest, the first of several. */
export interface BestModules extends ValidationLoss {
  readonly modules: Modules;
}

/** How a training does on held-out rows, so far. */
export interface Validated {
  readonly validation: readonly ValidationLoss[];
  readonly best: BestModules | undefined;
}

/** Follows a training by the loss of held-out rows, and keeps the modules for which it was lowest. */
export class Validation {
  readonly every: number;
  #so: Validated;

  /**
   * Throws one line when `every` is no number of steps.
   *
   * @param from what an earlier part of the training found
   */
  constructor(
    private readonly session: Session,
    private readonly options: ValidationOptions,
    private readonly signal: AbortSignal | undefined,
    from: Validated = { validation: [], best: undefined },
  ) {
    this.#so = from;
    this.every = options.every ?? 20;
    if (!Number.isInteger(this.every) || this.every < 1)
      throw new Error(`validation every ${this.every} steps: must be 1 or more`);
  }

  get soFar(): Validated {
    return this.#so;
  }

  /** Looks where a look is due after so many steps: before the first, and at every so many. Throws as `look` does. */
  async lookIfDue(modules: Modules, step: number): Promise<void> {
    if (this.#so.validation.length === 0 || step % this.every === 0) await this.look(modules, step);
  }

  /** Runs the held-out rows after so many steps, unless that has been done. Throws one line when the loss is no longer finite. */
  async look(modules: Modules, step: number): Promise<void> {
    const { validation, best } = this.#so;
    if (validation.at(-1)?.step === step) return;
    const asked = this.options.passes(modules);
    let loss = 0;
    for (const { input, hooks, logits = "all", loss: compute, ...inputs } of "input" in asked
      ? [asked]
      : asked) {
      const run = await this.session.forward(input, {
        ...(hooks && { hooks }),
        // The loss sees all logits, and they need not come back.
        logits: logits === "all" ? "none" : logits,
        readout: { ...inputs, compute: lossReadout(compute) },
        ...(this.signal && { signal: this.signal }),
      });
      const { shape, data } = run.readout.get("loss")!;
      if (shape.length > 0)
        throw new Error(`validation loss of shape [${shape.join(", ")}]: it must be a scalar []`);
      loss += data[0]!;
    }
    if (!Number.isFinite(loss))
      throw new Error(`the validation loss after ${step} steps is ${loss}: the learning rate is too high`);
    this.#so = {
      validation: [...validation, { step, loss }],
      best: best === undefined || loss < best.loss ? { step, loss, modules: copyModules(modules) } : best,
    };
  }
}

/** Losses of held-out rows as a line beside those of the steps. */
export function validationCurve({
  validation,
}: Pick<Fitted, "validation">): { readonly x: number[]; readonly y: number[] } | undefined {
  if (validation.length === 0) return undefined;
  return { x: validation.map(({ step }) => step), y: validation.map(({ loss }) => loss) };
}
