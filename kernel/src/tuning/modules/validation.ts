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

/** Follows a training by the loss of held-out rows, and keeps the modules for which it was lowest. */
export class Validation {
  readonly losses: ValidationLoss[] = [];
  readonly every: number;
  #best: (ValidationLoss & { readonly modules: Modules }) | undefined;

  /** Throws one line when `every` is no number of steps. */
  constructor(
    private readonly session: Session,
    private readonly options: ValidationOptions,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.every = options.every ?? 20;
    if (!Number.isInteger(this.every) || this.every < 1)
      throw new Error(`validation every ${this.every} steps: must be 1 or more`);
  }

  /** The first of those with the lowest loss. */
  get best(): (ValidationLoss & { readonly modules: Modules }) | undefined {
    return this.#best;
  }

  /** Runs the held-out rows after so many steps. Throws one line when the loss is no longer finite. */
  async look(modules: Modules, step: number): Promise<void> {
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
    this.losses.push({ step, loss });
    if (this.#best === undefined || loss < this.#best.loss)
      this.#best = { step, loss, modules: copyModules(modules) };
  }
}

/** Losses of held-out rows as a line beside those of the steps of a call, by steps since its beginning. */
export function validationCurve({
  validation,
  losses,
  optimiser,
}: Omit<Fitted, "modules" | "last">): { readonly x: number[]; readonly y: number[] } | undefined {
  if (validation.length === 0) return undefined;
  const first = optimiser.step - losses.length;
  return { x: validation.map(({ step }) => step - first), y: validation.map(({ loss }) => loss) };
}
