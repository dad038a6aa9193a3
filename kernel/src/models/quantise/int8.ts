/** A matrix in int8: entry × the scale of its channel. */
export interface Int8Matrix {
  /** Row-major, from −127 to 127. */
  readonly values: Int8Array;
  /** One for each entry of the channels' axis. */
  readonly scales: Float32Array;
}

/** Largest value that is used, so that both signs reach equally far. */
const most = 127;
/** Below it float32 keeps fewer digits, and a rounded scale would no longer reach to 127. */
const smallestScale = 2 ** -126;

/**
 * Symmetric int8 with one scale for each output channel: scale = max |w| / 127 over the channel, value = w / scale, rounded
 * half to even, both in float32; of a channel of zeros the scale is 0. The rule for weights of LLM.int8() (Dettmers et
 * al. 2022, section 2.1, there by row), without what it does to activations.
 *
 * @param shape [rows, columns] of `data`
 * @param axis the axis of output channels: 0 for a weight [out, in], 1 for [in, out]
 *
 * Throws one line when an entry is not finite, or a channel too small for a scale.
 */
export function quantiseInt8(
  name: string,
  data: Float32Array,
  [rows, columns]: readonly [number, number],
  axis: 0 | 1,
): Int8Matrix {
  const scales = new Float32Array(axis === 0 ? rows : columns);
  for (let row = 0, i = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, i++) {
      const size = Math.abs(data[i]!);
      if (!(size < Infinity))
        throw new Error(`"${name}" [${row}, ${column}] is ${data[i]}: int8 has no such value`);
      const channel = axis === 0 ? row : column;
      if (size > scales[channel]!) scales[channel] = size;
    }
  scales.forEach((size, channel) => {
    scales[channel] = size / most;
    if (size > 0 && scales[channel]! < smallestScale)
      throw new Error(`"${name}" channel ${channel} has no entry above ${size}: too small for an int8 scale`);
  });
  const values = new Int8Array(data.length);
  for (let row = 0, i = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, i++) {
      const scale = scales[axis === 0 ? row : column]!;
      if (scale > 0) values[i] = halfToEven(Math.fround(data[i]! / scale));
    }
  return { values, scales };
}

/** Numbers of this size have no room for fractions, and float64 addition rounds half to even. */
const coarse = 1.5 * 2 ** 52;

function halfToEven(x: number): number {
  return x + coarse - coarse;
}
