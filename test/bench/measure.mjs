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
export const pause = 40;

/**
 * Run all candidates `rounds` times after one warm-up, each round in an order of its own, so that slow drifts of the machine
 * meet all alike and none comes always after the same: after a short one the cores have slept for longer. Between two of them is
 * a pause: threads, PyTorch's of OpenMP and ours, go on turning for up to thirty milliseconds when their work is done, on the cores of
 * whoever comes next. Returns the milliseconds of each by round; ratios are made within rounds.
 *
 * @param rest milliseconds of that pause
 */
export async function interleave(candidates, rounds, rest = pause) {
  const names = Object.keys(candidates);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  const random = numbers();
  for (const name of names) await candidates[name]();
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(names, random)) {
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
      times[name].push(await candidates[name]());
    }
  }
  return times;
}

function shuffled(names, random) {
  const order = [...names];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random() % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
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

/** Rows of token ids, all of one length, the same in every run. */
export function randomRows(batch, length, vocabulary) {
  const next = numbers();
  return Array.from({ length: batch }, () => Array.from({ length }, () => 4 + (next() % (vocabulary - 4))));
}

/** A small generator of whole numbers, whose upper bits are the random ones. */
function numbers() {
  let state = 12345;
  return () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) >> 8;
}
