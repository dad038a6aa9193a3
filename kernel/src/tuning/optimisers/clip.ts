/**
 * Scale all gradients, in place, so that the norm of all of them together is at most `maximum`; returns the norm
 * before. As `torch.nn.utils.clip_grad_norm_` (Pascanu et al. 2013). Throws one line for a norm that is not finite.
 */
export function clipByGlobalNorm(gradients: Iterable<Float32Array>, maximum: number): number {
  if (!(maximum > 0)) throw new Error(`gradient clipping at ${maximum}: must be above 0`);
  const all = [...gradients];
  const norm = globalNorm(all);
  if (!Number.isFinite(norm)) throw new Error(`the gradient's norm is ${norm}: no step can follow it`);
  const factor = maximum / (norm + 1e-6);
  if (factor < 1)
    for (const gradient of all) for (let i = 0; i < gradient.length; i++) gradient[i]! *= factor;
  return norm;
}

/** √ of the sum of all squares. */
export function globalNorm(gradients: Iterable<Float32Array>): number {
  let sum = 0;
  for (const gradient of gradients) for (let i = 0; i < gradient.length; i++) sum += gradient[i]! ** 2;
  return Math.sqrt(sum);
}
