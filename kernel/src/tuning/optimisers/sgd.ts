import type { Rule } from "./rule.js";
import { checkRange } from "./rule.js";

/** Settings of stochastic gradient descent, named and meant as in `torch.optim.SGD`. */
export interface SgdOptions {
  readonly kind: "sgd";
  readonly learningRate: number;
  /** 0 unless given. */
  readonly momentum?: number;
  /** Look ahead along the momentum (Nesterov 1983); needs a momentum. */
  readonly nesterov?: boolean;
  /** Added to the gradient as a multiple of the parameter; 0 unless given. */
  readonly weightDecay?: number;
}

/** Stochastic gradient descent (Sutskever et al. 2013, in PyTorch's form: the learning rate scales the whole velocity). */
export function sgd({ momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions): Rule {
  checkRange("momentum", momentum, 0, 1);
  checkRange("weightDecay", weightDecay, 0, Infinity);
  if (nesterov && momentum === 0)
    throw new Error("nesterov without a momentum: there is nothing to look along");
  return {
    remembers(shape): Record<string, readonly number[]> {
      return momentum === 0 ? {} : { momentum_buffer: shape };
    },
    update(parameter, gradient, memory, { learningRate }) {
      const velocity = memory["momentum_buffer"];
      for (let i = 0; i < parameter.length; i++) {
        const slope = gradient[i]! + weightDecay * parameter[i]!;
        let move = slope;
        if (velocity !== undefined) {
          velocity[i] = momentum * velocity[i]! + slope;
          move = nesterov ? slope + momentum * velocity[i]! : velocity[i]!;
        }
        parameter[i]! -= learningRate * move;
      }
    },
  };
}
