import { elementCount } from "../../graph/rowMajor.js";
import { printShape } from "../../graph/shape.js";
import type { NamedTensor } from "../../models/checkpoint/writeSafetensors.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import { adafactor } from "./adafactor.js";
import type { AdafactorOptions } from "./adafactor.js";
import { adam } from "./adam.js";
import type { AdamOptions } from "./adam.js";
import { globalNorm } from "./clip.js";
import type { Memory, Rule } from "./rule.js";
import { sgd } from "./sgd.js";
import type { SgdOptions } from "./sgd.js";

/** An optimiser as data, so that a recipe can be written down, hashed and repeated. */
export type OptimiserOptions = SgdOptions | AdamOptions | AdafactorOptions;

/** Where an optimiser stands: steps taken, and what it remembers, as `PARAMETER.NAME` with PyTorch's names. */
export interface OptimiserState {
  readonly kind: OptimiserOptions["kind"];
  readonly step: number;
  readonly tensors: readonly NamedTensor[];
}

const shared = { kind: true, learningRate: true, weightDecay: true } as const;
const ofAdam: OptionNames<AdamOptions> = { ...shared, betas: true, epsilon: true };
const ofAdafactor: OptionNames<AdafactorOptions> = {
  ...shared,
  scaleParameter: true,
  warmupInit: true,
  epsilon: true,
  clipThreshold: true,
  decayRate: true,
  beta1: true,
};
const ofSgd: OptionNames<SgdOptions> = { ...shared, momentum: true, nesterov: true };
const optionNames = { sgd: ofSgd, adam: ofAdam, adamW: ofAdam, adafactor: ofAdafactor } as const;

/** Throws one line for another kind, and for a setting that the kind does not have. */
function checkKind(options: OptimiserOptions): void {
  const { kind } = options;
  if (!Object.hasOwn(optionNames, kind))
    throw new Error(`optimiser "${String(kind)}": choose ${Object.keys(optionNames).join(", ")}`);
  checkOptions<object>(`optimiser ${kind}`, options, optionNames[kind]);
}

/** Moves parameters along their gradients, in place. Equal to PyTorch's (transformers' for Adafactor) in float32. */
export class Optimiser {
  readonly #rule: Rule;
  readonly #memory: ReadonlyMap<string, Memory>;
  #step = 0;

  /** Throws one line for a setting that is no such thing. */
  constructor(
    readonly parameters: readonly NamedTensor[],
    readonly options: OptimiserOptions,
  ) {
    checkKind(options);
    const { learningRate } = options;
    if (
      learningRate !== "relative" &&
      !(typeof learningRate === "number" && learningRate >= 0 && learningRate < Infinity)
    )
      throw new Error(`learningRate ${learningRate}: must be 0 or above`);
    this.#rule = ruleOf(options);
    this.#memory = new Map(
      parameters.map(({ name, shape }) => [
        name,
        Object.fromEntries(
          Object.entries(this.#rule.remembers(shape)).map(([slot, sizes]) => [
            slot,
            new Float32Array(elementCount(sizes)),
          ]),
        ),
      ]),
    );
  }

  /** Steps taken. */
  get taken(): number {
    return this.#step;
  }

  /**
   * One step; `factor` of the schedule multiplies the learning rate. Throws one line, before anything changes, when
   * a parameter has no gradient, one of another size or one that is not finite, or when a relative learning rate is scheduled.
   */
  step(gradients: ReadonlyMap<string, Float32Array>, factor = 1): void {
    const { learningRate } = this.options;
    if (learningRate === "relative" && factor !== 1)
      throw new Error(
        `a schedule's factor ${factor} and a relative learning rate: the rate has a schedule of its own`,
      );
    const pairs = this.parameters.map((parameter) => {
      const gradient = gradients.get(parameter.name);
      if (gradient === undefined) throw new Error(`no gradient for parameter "${parameter.name}"`);
      if (gradient.length !== parameter.data.length)
        throw new Error(
          `gradient of "${parameter.name}" ${printShape(parameter.shape)} has ${gradient.length} values, not ${parameter.data.length}`,
        );
      const norm = globalNorm([gradient]);
      if (!Number.isFinite(norm))
        throw new Error(
          `the gradient of "${parameter.name}" at step ${this.#step} has the norm ${norm}: the learning rate is too high`,
        );
      return { parameter, gradient, memory: this.#memory.get(parameter.name)! };
    });
    this.#step += 1;
    const rate = learningRate === "relative" ? 0 : learningRate * factor;
    for (const { parameter, gradient, memory } of pairs) {
      const place = { step: this.#step, learningRate: rate, shape: parameter.shape };
      this.#rule.update(parameter.data, gradient, memory, place);
    }
  }

  /** A copy of where it stands. */
  state(): OptimiserState {
    const tensors = this.#slots().map(({ name, shape, data }) => ({ name, shape, data: data.slice() }));
    return { kind: this.options.kind, step: this.#step, tensors };
  }

  /** Go on from a state. Throws one line, before anything changes, when it is that of another optimiser or model. */
  restore(state: OptimiserState): void {
    if (state.kind !== this.options.kind)
      throw new Error(`state of ${state.kind} for an optimiser that is ${this.options.kind}`);
    const given = new Map(state.tensors.map((tensor) => [tensor.name, tensor]));
    const slots = this.#slots();
    for (const { name, shape } of slots) {
      const tensor = given.get(name);
      if (tensor === undefined)
        throw new Error(`state of ${state.kind} has no "${name}" ${printShape(shape)}`);
      if (printShape(tensor.shape) !== printShape(shape))
        throw new Error(`state "${name}" is ${printShape(tensor.shape)}, not ${printShape(shape)}`);
      given.delete(name);
    }
    const [extra] = given.keys();
    if (extra !== undefined) throw new Error(`state has "${extra}", which no parameter here needs`);
    const values = new Map(state.tensors.map((tensor) => [tensor.name, tensor.data]));
    for (const { name, data } of slots) data.set(values.get(name)!);
    this.#step = state.step;
  }

  #slots(): NamedTensor[] {
    return this.parameters.flatMap((parameter) => {
      const memory = this.#memory.get(parameter.name)!;
      return Object.entries(this.#rule.remembers(parameter.shape)).map(([slot, shape]) => ({
        name: `${parameter.name}.${slot}`,
        shape,
        data: memory[slot]!,
      }));
    });
  }
}

function ruleOf(options: OptimiserOptions): Rule {
  switch (options.kind) {
    case "sgd":
      return sgd(options);
    case "adam":
    case "adamW":
      return adam(options);
    case "adafactor":
      return adafactor(options);
  }
}
