/** How a token is drawn; without a temperature, or with 0, the likeliest is taken. */
export interface Sampling {
  /** Divides the logits before the softmax. */
  readonly temperature?: number | undefined;
  /** Only this many of the likeliest tokens may be drawn; of equal ones the lower ids. */
  readonly topK?: number | undefined;
  /** Only the fewest likeliest tokens whose probabilities reach this sum (nucleus sampling, Holtzman et al. 2020). */
  readonly topP?: number | undefined;
}

/** Numbers in [0, 1). */
export type Random = () => number;

/** Throws one line for a setting that is no such thing. */
export function checkSampling({ temperature, topK, topP }: Sampling): void {
  if (temperature !== undefined && !(Number.isFinite(temperature) && temperature >= 0))
    throw new Error(`temperature ${temperature}: must be 0, which takes the likeliest token, or above`);
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1))
    throw new Error(`topK ${topK}: must be a whole number of tokens, 1 or more`);
  if (topP !== undefined && !(topP > 0 && topP <= 1))
    throw new Error(`topP ${topP}: must be above 0 and at most 1`);
  if (!isRandom({ temperature }) && (topK !== undefined || topP !== undefined))
    throw new Error(
      `${topK === undefined ? "topP" : "topK"} without a temperature: the likeliest token is taken anyway`,
    );
}

/** Whether tokens are drawn at random. */
export function isRandom({ temperature }: Sampling): boolean {
  return temperature !== undefined && temperature > 0;
}

/**
 * Id of the next token; one whose logit is −Infinity is never chosen. Draws one number where tokens are drawn at random.
 * Throws one line for logits that are no numbers, or all −Infinity.
 */
export function chooseToken(logits: Float32Array, sampling: Sampling, random: Random): number {
  if (!isRandom(sampling)) return likeliest(logits);
  const probabilities = probabilitiesOf(logits, sampling);
  const drawn = random();
  // Going by id, not by probability, tiny differences between meshes move a token's border only as much.
  let sum = 0;
  let last = 0;
  for (const [id, probability] of probabilities.entries()) {
    if (probability === 0) continue;
    sum += probability;
    last = id;
    if (drawn < sum) return id;
  }
  return last;
}

/** What is drawn from: softmax of the logits by temperature, then the topK, then the topP of those. */
export function probabilitiesOf(
  logits: Float32Array,
  { temperature = 1, topK, topP }: Sampling,
): Float64Array {
  const greatest = logits[likeliest(logits)] as number;
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - greatest) / temperature));
  if (topK === undefined && topP === undefined) return normalised(weights);
  const order = [...weights.keys()].sort((a, b) => weights[b]! - weights[a]! || a - b);
  for (const id of order.slice(topK ?? order.length)) weights[id] = 0;
  const kept = normalised(weights);
  if (topP === undefined) return kept;
  let sum = 0;
  for (const id of order) {
    if (sum >= topP) kept[id] = 0;
    else sum += kept[id]!;
  }
  return normalised(kept);
}

/** Natural logarithm of a token's probability. */
export function logProbability(logits: Float32Array, id: number): number {
  const greatest = logits[likeliest(logits)] as number;
  const sum = logits.reduce((so, logit) => so + Math.exp(logit - greatest), 0);
  return (logits[id] as number) - greatest - Math.log(sum);
}

/**
 * Random numbers by seed: xoshiro128** (Blackman & Vigna 2018), started by splitmix32. Streams of one seed are
 * independent, so that what one row draws does not hang on when another ends.
 */
export function randomNumbers(seed: number, stream = 0): Random {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff)
    throw new Error(`seed ${seed}: must be a whole number from 0 to ${0xffff_ffff}`);
  let mixed = (seed ^ Math.imul(stream, 0x85eb_ca6b)) >>> 0;
  const next = (): number => {
    mixed = (mixed + 0x9e37_79b9) >>> 0;
    let z = mixed;
    z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  // Signed, because V8 keeps such a number in place and makes an object of an unsigned one: draws take a third of the time.
  let [a, b, c, d] = [next() | 0, next() | 0, next() | 0, next() | 0];
  const turn = (x: number, by: number) => (x << by) | (x >>> (32 - by));
  return () => {
    const drawn = Math.imul(turn(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = turn(d, 11);
    return drawn / 2 ** 32;
  };
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number;
    if (Number.isNaN(logit) || logit === Infinity)
      throw new Error(`logit of token ${id} is ${logit}: such logits give no probabilities`);
    if (logit > (logits[best] as number)) best = id;
  }
  if (logits[best] === -Infinity)
    throw new Error("all logits are -Infinity: such logits give no probabilities");
  return best;
}

function normalised(weights: Float64Array): Float64Array {
  const sum = weights.reduce((so, weight) => so + weight, 0);
  return weights.map((weight) => weight / sum);
}
