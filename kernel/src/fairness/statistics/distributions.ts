import { createRequire } from "node:module";

/** What is used of Cephes (Moshier), the C library behind SciPy's distributions, as WebAssembly. It ships its types unexported. */
interface Cephes {
  ndtr(z: number): number;
  ndtri(p: number): number;
  bdtr(k: number, n: number, p: number): number;
  bdtrc(k: number, n: number, p: number): number;
  lgam(x: number): number;
  incbet(a: number, b: number, x: number): number;
  chdtrc(degrees: number, x: number): number;
}

let loaded: Cephes | undefined;

/** Compiled when it is first needed. */
function cephes(): Cephes {
  // Its CommonJS build has its functions at once; the other one only after a promise, for which a module that cells
  // require cannot wait.
  loaded ??= createRequire(import.meta.url)("cephes") as Cephes;
  return loaded;
}

/** P(Z ≤ z) of the standard normal distribution. */
export const normalCdf = (z: number): number => cephes().ndtr(z);

/** The z below which a standard normal variable stays with probability p. */
export function normalQuantile(p: number): number {
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  return cephes().ndtri(p);
}

/**
 * The t below which Student's t stays with probability p of ½ or more. Degrees of freedom need not be whole: by the beta
 * law of degrees/(degrees + t²).
 */
export function tQuantile(p: number, degrees: number): number {
  return Math.sqrt(degrees * (1 / betaQuantile(2 * (1 - p), degrees / 2, 0.5) - 1));
}

/** The x below which a variable of the beta law stays with probability p. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (Number.isNaN(p + a + b)) return NaN;
  // Cephes' own inverse gives up on small a and b, where its distribution does not.
  let [low, high] = [0, 1];
  for (let step = 0; step < 160; step++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (cephes().incbet(a, b, middle) < p) low = middle;
    else high = middle;
  }
  return high;
}

/** P(X > x) of the chi-square law. */
export function chiSquareTail(x: number, degrees: number): number {
  // Cephes gives up where the tail, or the rest, is too small for a number to hold.
  const exponent = (degrees / 2) * Math.log(x / 2) - x / 2 - cephes().lgam(degrees / 2);
  return exponent < -700 ? (x < degrees ? 1 : 0) : cephes().chdtrc(degrees, x);
}

/** P(K ≤ k) of n trials with probability p each. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  return k >= n ? 1 : cephes().bdtr(k, n, p);
}

/** P(K > k) of n trials with probability p each: 1 − P(K ≤ k) would be 0, or wrong, where it is small. */
export function binomialTail(k: number, n: number, p: number): number {
  if (k < 0) return 1;
  return k >= n ? 0 : cephes().bdtrc(k, n, p);
}

/** P(K = k) of n trials with probability p each. */
export function binomialPmf(k: number, n: number, p: number): number {
  if (p === 0 || p === 1) return k === (p === 0 ? 0 : n) ? 1 : 0;
  const ways = cephes().lgam(n + 1) - cephes().lgam(k + 1) - cephes().lgam(n - k + 1);
  return Math.exp(ways + k * Math.log(p) + (n - k) * Math.log1p(-p));
}
