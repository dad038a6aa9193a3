/** A dense array to feed: int64 data is BigInt64Array. */
export interface Feed<Data> {
  readonly data: Data;
  readonly shape: readonly number[];
}

/** What every stage is fed beside its residual. */
export interface Inputs {
  readonly tokens: Feed<BigInt64Array>;
  readonly positions: Feed<BigInt64Array>;
  /** 0 where a query may look, −1e9 elsewhere: finite, so that no product with zero is NaN. */
  readonly mask: Feed<Float32Array>;
  /** [batch, 1, 1, key]: 1 where a key is a token, 0 where it is padding. Read by edits of attention. */
  readonly keys: Feed<Float32Array>;
  /** Positions whose logits are computed, by row. */
  readonly select: Feed<BigInt64Array>;
}

/** Tokens that a run goes on from, by row: 1 in each column of the cache that holds a token, 0 in its padding. */
export type Past = readonly Uint8Array[];

/** Positions whose logits are computed: all, each row's last token, none, or by row equally many. */
export type SelectedPositions = "all" | "last" | "none" | readonly (readonly number[])[];

const hidden = -1e9;

/**
 * Pad rows of token ids on the right to `length`, which is that of the longest unless others run elsewhere. A query looks at its own position and before, and never at
 * padding, so a row's real positions give the same numbers as alone; what padding positions compute is not data.
 *
 * With a past, rows go on from it: positions count on from each row's own tokens, and the mask's keys are the columns
 * of the past and then the new ones. A row may then be empty, which is all padding.
 */
export function prepareInputs(
  rows: readonly (readonly number[])[],
  select: SelectedPositions,
  past?: Past,
  length = Math.max(...rows.map((row) => row.length)),
): Inputs {
  const batch = rows.length;
  const columns = past?.[0]?.length ?? 0;
  const width = columns + length;
  const tokens = new BigInt64Array(batch * length);
  const positions = new BigInt64Array(batch * length);
  const mask = new Float32Array(batch * length * width).fill(hidden);
  const keys = new Float32Array(batch * width);
  rows.forEach((row, b) => {
    const seen = past?.[b] ?? new Uint8Array(0);
    const start = seen.reduce((sum, real) => sum + real, 0);
    keys.set(seen, b * width);
    keys.fill(1, b * width + columns, b * width + columns + row.length);
    for (let query = 0; query < length; query++) {
      tokens[b * length + query] = BigInt(row[query] ?? 0);
      // Padding may lie behind the last position that the model has an embedding of.
      positions[b * length + query] = query < row.length ? BigInt(start + query) : 0n;
      const line = mask.subarray((b * length + query) * width, (b * length + query + 1) * width);
      seen.forEach((real, column) => {
        if (real === 1) line[column] = 0;
      });
      const keys = Math.min(query + 1, row.length);
      line.fill(0, columns, columns + keys);
    }
  });
  return {
    tokens: { data: tokens, shape: [batch, length] },
    positions: { data: positions, shape: [batch, length] },
    mask: { data: mask, shape: [batch, 1, length, width] },
    keys: { data: keys, shape: [batch, 1, 1, width] },
    select: selectPositions(rows, length, select),
  };
}

/** How many positions of each row are selected, of `length` positions. */
export function selectedCount(select: SelectedPositions, length: number): number {
  if (typeof select === "string") return { all: length, last: 1, none: 0 }[select];
  return select[0]?.length ?? 0;
}

function selectPositions(
  rows: readonly (readonly number[])[],
  length: number,
  select: SelectedPositions,
): Feed<BigInt64Array> {
  const perRow = selectedCount(select, length);
  const data = new BigInt64Array(rows.length * perRow);
  rows.forEach((row, b) => {
    const last = Math.max(row.length, 1) - 1;
    for (let i = 0; i < perRow; i++)
      data[b * perRow + i] = BigInt(
        select === "last" ? last : typeof select === "string" ? i : select[b]![i]!,
      );
  });
  return { data, shape: [rows.length, perRow] };
}
