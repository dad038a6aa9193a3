import type { Rule } from "./rule.js";
import { checkRange } from "./rule.js";

/** Settings of Adam and AdamW, named and meant as in `torch.optim`. */
export interface AdamOptions {
  readonly kind: "adam" | "adamW";
  readonly learningRate: number;
  /** Decay rates of the running means of the gradient and of its square; [0.9, 0.999] unless given. */
  readonly betas?: readonly [number, number];
  /** Added to the denominator; 1e-8 unless given. */
  readonly epsilon?: number;
  /** 0.01 for AdamW, which shrinks the parameter itself; 0 for Adam, which adds to the gradient. */
  readonly weightDecay?: number;
}

/** Adam (Kingma & Ba 2015, algorithm 1), and AdamW, whose weight decay is decoupled (Loshchilov & Hutter 2019, algorithm 2). */
export function adam({ kind, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay }: AdamOptions): Rule {
  const [beta1, beta2] = betas;
  const isDecoupled = kind === "adamW";
  const decay = weightDecay ?? (isDecoupled ? 0.01 : 0);
  checkRange("betas[0]", beta1, 0, 1);
  checkRange("betas[1]", beta2, 0, 1);
  checkRange("epsilon", epsilon, 0, Infinity);
  checkRange("weightDecay", decay, 0, Infinity);
  return {
    remembers: (shape) => ({ exp_avg: shape, exp_avg_sq: shape }),
    update(parameter, gradient, memory, { step, learningRate }) {
      const mean = memory["exp_avg"]!;
      const square = memory["exp_avg_sq"]!;
      const size = learningRate / (1 - beta1 ** step);
      const root = Math.sqrt(1 - beta2 ** step);
      const kept = isDecoupled ? 1 - learningRate * decay : 1;
      const added = isDecoupled ? 0 : decay;
      for (let i = 0; i < parameter.length; i++) {
        const slope = gradient[i]! + added * parameter[i]!;
        const m = beta1 * mean[i]! + (1 - beta1) * slope;
        const v = beta2 * square[i]! + (1 - beta2) * slope * slope;
        mean[i] = m;
        square[i] = v;
        parameter[i] = kept * parameter[i]! - (size * m) / (Math.sqrt(v) / root + epsilon);
      }
    },
  };
}
