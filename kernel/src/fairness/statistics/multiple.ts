/**
 * p values adjusted for their number, in their order. `holm` (1979) bounds the chance of any false alarm; use it for
 * claims. `benjaminiHochberg` (1995) bounds the share of false ones among alarms; use it for screening. Tests that
 * could not be made, NaN, stay so and do not count.
 */
export type Correction = "holm" | "benjaminiHochberg";

/** Throws one line for a p value that is none, and for a correction that there is not. */
export function adjust(values: readonly number[], correction: Correction): number[] {
  if (!["holm", "benjaminiHochberg"].includes(correction))
    throw new Error(`correction "${String(correction)}": choose holm or benjaminiHochberg`);
  const bad = values.find((p) => !Number.isNaN(p) && !(p >= 0 && p <= 1));
  if (bad !== undefined) throw new RangeError(`p value ${bad}: must lie between 0 and 1`);
  const order = [...values.keys()]
    .filter((i) => !Number.isNaN(values[i]))
    .sort((i, j) => values[i]! - values[j]!);
  const n = order.length;
  const adjusted = values.map(() => NaN);
  let so = correction === "holm" ? 0 : 1;
  for (let rank = 0; rank < n; rank++) {
    if (correction === "holm") {
      const i = order[rank]!;
      so = Math.max(so, Math.min(1, (n - rank) * values[i]!));
      adjusted[i] = so;
    } else {
      const i = order[n - 1 - rank]!;
      so = Math.min(so, (n / (n - rank)) * values[i]!);
      adjusted[i] = so;
    }
  }
  return adjusted;
}
