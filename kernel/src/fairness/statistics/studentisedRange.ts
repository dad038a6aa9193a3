import { normalCdf } from "./distributions.js";

/**
 * P(Q > q) of the range of so many independent standard normal variables: the studentised range with a known variance, for
 * which a test of ranks takes it (Nemenyi 1963; Demšar 2006). The chance that all lie within q above the least of them is
 * k·∫ φ(z)·(Φ(z + q) − Φ(z))^(k−1) dz, by Simpson's rule.
 */
export function rangeTail(q: number, variables: number): number {
  const [from, steps, width] = [-9, 1800, 0.01];
  let sum = 0;
  for (let step = 0; step <= steps; step++) {
    const z = from + step * width;
    const weight = step === 0 || step === steps ? 1 : step % 2 === 1 ? 4 : 2;
    const within = normalCdf(z + q) - normalCdf(z);
    sum += weight * Math.exp((-z * z) / 2) * within ** (variables - 1);
  }
  const chance = (variables * sum * width) / (3 * Math.sqrt(2 * Math.PI));
  return Math.max(0, 1 - chance);
}
