import type { Rule } from "./rule.js";
import { checkRange } from "./rule.js";

/** Settings of Adafactor, meant as in `transformers.Adafactor`. */
export interface AdafactorOptions {
  readonly kind: "adafactor";
  /** A rate of your own, or `relative`: min(1e-2, 1/√step), as the paper has it. */
  readonly learningRate: number | "relative";
  /** Whether the rate is multiplied by the parameter's root mean square. Unless given, only with a relative rate; transformers always does. */
  readonly scaleParameter?: boolean;
  /** With `relative`: begin at 1e-6 · step instead of 1e-2. */
  readonly warmupInit?: boolean;
  /** Added to squared gradients, and the smallest scale of a parameter; [1e-30, 1e-3] unless given. */
  readonly epsilon?: readonly [number, number];
  /** Largest root mean square of an update; 1 unless given. */
  readonly clipThreshold?: number;
  /** The mean of squares forgets by 1 − step^decayRate; −0.8 unless given. */
  readonly decayRate?: number;
  /** Decay of a running mean of updates; none is kept unless given. */
  readonly beta1?: number;
  /** Decoupled, times the learning rate; 0 unless given. */
  readonly weightDecay?: number;
}

/**
 * Adafactor (Shazeer & Stern 2018, algorithms 4 and 5): of a matrix, and of each matrix in a larger tensor, only the
 * means of squared gradients over rows and over columns are remembered.
 */
export function adafactor(options: AdafactorOptions): Rule {
  const { learningRate, epsilon = [1e-30, 1e-3], clipThreshold = 1, decayRate = -0.8, beta1 } = options;
  const isRelative = learningRate === "relative";
  const { scaleParameter = isRelative, warmupInit = false, weightDecay = 0 } = options;
  checkRange("weightDecay", weightDecay, 0, Infinity);
  if (beta1 !== undefined) checkRange("beta1", beta1, 0, 1);
  if (!(clipThreshold > 0)) throw new Error(`clipThreshold ${clipThreshold}: must be above 0`);
  if (!(decayRate < 0)) throw new Error(`decayRate ${decayRate}: must be below 0`);
  if (warmupInit && !isRelative) throw new Error("warmupInit needs the learning rate to be relative");
  return {
    remembers: (shape) => ({
      ...(shape.length >= 2
        ? { exp_avg_sq_row: shape.slice(0, -1), exp_avg_sq_col: [...shape.slice(0, -2), shape.at(-1)!] }
        : { exp_avg_sq: shape }),
      ...(beta1 !== undefined && { exp_avg: shape }),
    }),
    update(parameter, gradient, memory, { step, learningRate: given, shape }) {
      const relative = Math.min(warmupInit ? 1e-6 * step : 1e-2, 1 / Math.sqrt(step));
      const scale = scaleParameter ? Math.max(epsilon[1], rootMeanSquare(parameter)) : 1;
      const rate = scale * (isRelative ? relative : given);
      const beta2 = 1 - step ** decayRate;
      const update = new Float32Array(gradient.length);
      if (memory["exp_avg_sq"]) each(update, gradient, memory["exp_avg_sq"], beta2, epsilon[0]);
      else {
        const columns = shape.at(-1)!;
        const rows = shape.at(-2)!;
        for (let at = 0, n = 0; at < gradient.length; at += rows * columns, n++) {
          factored(
            update.subarray(at, at + rows * columns),
            gradient.subarray(at, at + rows * columns),
            memory["exp_avg_sq_row"]!.subarray(n * rows, (n + 1) * rows),
            memory["exp_avg_sq_col"]!.subarray(n * columns, (n + 1) * columns),
            beta2,
            epsilon[0],
          );
        }
      }
      const factor = rate / Math.max(1, rootMeanSquare(update) / clipThreshold);
      const mean = memory["exp_avg"];
      const kept = 1 - weightDecay * rate;
      for (let i = 0; i < parameter.length; i++) {
        let move = update[i]! * factor;
        if (mean !== undefined) move = mean[i] = beta1! * mean[i]! + (1 - beta1!) * move;
        parameter[i] = kept * parameter[i]! - move;
      }
    },
  };
}

function each(
  out: Float32Array,
  gradient: Float32Array,
  square: Float32Array,
  beta2: number,
  epsilon: number,
): void {
  for (let i = 0; i < out.length; i++) {
    const slope = gradient[i]!;
    square[i] = beta2 * square[i]! + (1 - beta2) * (slope * slope + epsilon);
    out[i] = slope / Math.sqrt(square[i]!);
  }
}

function factored(
  out: Float32Array,
  gradient: Float32Array,
  rowSquare: Float32Array,
  columnSquare: Float32Array,
  beta2: number,
  epsilon: number,
): void {
  const [rows, columns] = [rowSquare.length, columnSquare.length];
  const overRows = new Float64Array(columns);
  let whole = 0;
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < columns; c++) {
      const square = gradient[r * columns + c]! ** 2 + epsilon;
      sum += square;
      overRows[c]! += square;
    }
    rowSquare[r] = beta2 * rowSquare[r]! + (1 - beta2) * (sum / columns);
    whole += rowSquare[r]!;
  }
  for (let c = 0; c < columns; c++)
    columnSquare[c] = beta2 * columnSquare[c]! + (1 - beta2) * (overRows[c]! / rows);
  for (let r = 0; r < rows; r++) {
    const ofRow = Math.sqrt(whole / rows / rowSquare[r]!);
    for (let c = 0; c < columns; c++)
      out[r * columns + c] = (gradient[r * columns + c]! * ofRow) / Math.sqrt(columnSquare[c]!);
  }
}

function rootMeanSquare(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum / values.length);
}
