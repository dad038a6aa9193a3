/** How the learning rate goes over the steps, as data; `warmup` steps rise linearly from 0. */
export type Schedule =
  | { readonly kind: "constant"; readonly warmup?: number }
  | { readonly kind: "linear"; readonly warmup?: number }
  | { readonly kind: "cosine"; readonly warmup?: number };

/**
 * What multiplies the learning rate at step `step` (from 0) of `steps`: as `get_constant_schedule_with_warmup`,
 * `get_linear_schedule_with_warmup` and `get_cosine_schedule_with_warmup` of transformers. Throws one line for a
 * warm-up that does not fit.
 */
export function scheduleFactor({ kind, warmup = 0 }: Schedule, step: number, steps: number): number {
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
