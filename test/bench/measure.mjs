export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Milliseconds until `work` is done. */
export async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Milliseconds between two candidates. */
export const pause = 25;

/**
 * Run all candidates in turn, `rounds` times after one warm-up, each round beginning with another one, so that slow drifts
 * of the machine meet all alike. Between two of them is a pause: threads of OpenMP, as PyTorch's, go on turning for some
 * milliseconds when their work is done, on the cores of whoever comes next. Returns the milliseconds of each by round;
 * ratios are made within rounds.
 */
export async function interleave(candidates, rounds) {
  const names = Object.keys(candidates);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) await candidates[name]();
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length];
      await new Promise((resolve) => setTimeout(resolve, pause));
      times[name].push(await candidates[name]());
    }
  }
  return times;
}

/** Median over rounds of numerator ÷ denominator. */
export function pairedRatio(times, numerator, denominator) {
  return median(times[numerator].map((ms, round) => ms / times[denominator][round]));
}

/** 95 % interval of the median of the paired ratios. */
export function interval(times, numerator, denominator) {
  return medianInterval(times[numerator].map((ms, round) => ms / times[denominator][round]));
}

/** 95 % interval of the median, from the order statistics (exact binomial, normal approximation). */
export function medianInterval(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const half = 0.98 * Math.sqrt(n);
  return {
    low: sorted[Math.max(0, Math.floor(n / 2 - half))],
    high: sorted[Math.min(n - 1, Math.ceil(n / 2 + half))],
  };
}

/** Rows of token ids, all of one length, from a small generator so that every run has the same. */
export function randomRows(batch, length, vocabulary) {
  let state = 12345;
  const next = () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff);
  return Array.from({ length: batch }, () => Array.from({ length }, () => 4 + (next() % (vocabulary - 4))));
}
