import { randomNumbers } from "../../session/sampling.js";

/**
 * Another seed for every call of a run, so that no two of its batches draw the same numbers. They are drawn and not counted
 * up, because then runs with the seeds 2024 and 2025 would share all their draws but the first batch's.
 */
export function callSeeds(seed: number): () => number {
  // A stream of its own: `drawShown` draws from the first by the same seed.
  const random = randomNumbers(seed, 1);
  return () => random() * 2 ** 32;
}
