import { checkOptions } from "../../session/options.js";

/** How the learning rate goes over the steps, as data; `warmup` steps rise linearly from 0. */
export type Schedule =
  | { readonly kind: "constant"; readonly warmup?: number }
  | { readonly kind: "linear"; readonly warmup?: number }
  | { readonly kind: "cosine"; readonly warmup?: number };

const kinds: readonly string[] = ["constant", "linear", "cosine"] satisfies Schedule["kind"][];

/**
 * What multiplies the learning rate at step `step` (from 0) of `steps`: as `get_constant_schedule_with_warmup`,
 * `get_linear_schedule_with_warmup` and `get_cosine_schedule_with_warmup` of transformers. Throws one line for
 * another kind, and for a warm-up that does not fit.
 */
export function scheduleFactor(schedule: Schedule, step: number, steps: number): number {
  checkOptions("a schedule", schedule, { kind: true, warmup: true });
  const { kind, warmup = 0 } = schedule;
  if (!kinds.includes(kind)) throw new Error(`schedule "${String(kind)}": choose ${kinds.join(", ")}`);
  if (!Number.isInteger(warmup) || warmup < 0 || warmup > steps)
    throw new Error(`warmup ${warmup}: must be a whole number of the ${steps} steps`);
  if (step < warmup) return step / warmup;
  const share = (step - warmup) / Math.max(1, steps - warmup);
  switch (kind) {
    case "constant":
      return 1;
    case "linear":
      return Math.max(0, 1 - share);
    case "cosine":
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * share)));
  }
}
