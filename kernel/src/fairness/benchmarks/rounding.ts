/**
 * The number to three decimals as Python's `round` has it. JavaScript's `toFixed` takes what lies exactly in the middle
 * away from 0, Python to the even neighbour; only odd sixteenths lie so.
 */
export function toThousandths(x: number): number {
  const isMiddle = Number.isInteger(16 * x) && (16 * x) % 2 !== 0;
  if (!isMiddle) return Number(x.toFixed(3));
  const below = Math.floor(1000 * x);
  return (below % 2 === 0 ? below : below + 1) / 1000;
}
