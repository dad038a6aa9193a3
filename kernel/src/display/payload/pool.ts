/** Where bin `i` of `to` begins and ends in an axis of length `from`: every cell is in some bin, also when `to` does not divide. */
export function bin(i: number, from: number, to: number): { begin: number; end: number } {
  return { begin: Math.floor((i * from) / to), end: Math.ceil(((i + 1) * from) / to) };
}

/**
 * A square map [from, from] made smaller by taking the maximum of each bin: a stride would lose thin lines, such as
 * the diagonal of a previous-token head. Returns [to, to]; `to` may equal `from`, never exceed it.
 */
export function maxPool(map: Float32Array, from: number, to: number): Float32Array {
  if (to > from) throw new RangeError(`cannot pool ${from} cells into ${to}`);
  if (to === from) return map.slice();
  const out = new Float32Array(to * to);
  for (let row = 0; row < to; row++) {
    const rows = bin(row, from, to);
    for (let column = 0; column < to; column++) {
      const columns = bin(column, from, to);
      let max = -Infinity;
      for (let r = rows.begin; r < rows.end; r++)
        for (let c = columns.begin; c < columns.end; c++) max = Math.max(max, map[r * from + c]!);
      out[row * to + column] = max;
    }
  }
  return out;
}

/** Whether a pooled cell lies wholly above the diagonal, where a causal model cannot look. */
export function isMasked(row: number, column: number, from: number, to: number): boolean {
  return bin(column, from, to).begin >= bin(row, from, to).end;
}
