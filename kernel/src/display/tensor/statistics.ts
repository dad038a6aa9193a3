import type { Histogram, TensorStatistics } from "../payload/tensor.js";

const usualBins = 64;

/**
 * Mean, unbiased standard deviation and ends of the finite values, and counts of the others, all in float64: the mean
 * first, then the squares of what differs from it, so that a large mean costs no digits.
 *
 * @param padding how many values were left out as padding
 */
export function statisticsOf(data: Float32Array, padding = 0): TensorStatistics {
  let [nan, positiveInfinity, negativeInfinity] = [0, 0, 0];
  let [sum, min, max] = [0, Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value - value === 0) {
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    } else if (value > 0) positiveInfinity++;
    else if (value < 0) negativeInfinity++;
    else nan++;
  }
  const finite = data.length - nan - positiveInfinity - negativeInfinity;
  const counts = {
    count: data.length,
    ...(padding > 0 && { padding }),
    nan,
    positiveInfinity,
    negativeInfinity,
  };
  if (finite === 0) return { ...counts, mean: null, std: null, min: null, max: null };
  const mean = sum / finite;
  let squares = 0;
  for (let i = 0; i < data.length; i++) {
    const difference = data[i]! - mean;
    if (difference - difference === 0) squares += difference * difference;
  }
  const std = finite < 2 ? null : Math.sqrt(squares / (finite - 1));
  return { ...counts, mean, std, min, max };
}

/**
 * Finite values counted in bins of equal width from the smallest to the largest, by the rules of `numpy.histogram`: a bin
 * holds its lower edge, the last one also its upper, and equal values get a range one wide. Null when no value is finite.
 */
export function histogramOf(
  data: Float32Array,
  { min, max }: TensorStatistics,
  bins = usualBins,
): Histogram | null {
  if (min === null || max === null) return null;
  const [lo, hi] = min === max ? [min - 0.5, max + 0.5] : [min, max];
  const edge = (bin: number) => (bin === bins ? hi : lo + (bin * (hi - lo)) / bins);
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value - value !== 0) continue;
    let bin = Math.min(bins - 1, Math.floor(((value - lo) / (hi - lo)) * bins));
    // The division rounds, so a value at an edge may land beside its bin.
    if (value < edge(bin)) bin--;
    else if (bin < bins - 1 && value >= edge(bin + 1)) bin++;
    counts[bin]!++;
  }
  return { lo, hi, counts };
}
