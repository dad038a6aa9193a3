import { elementCount } from "../graph/rowMajor.js";
import type { Tensor } from "../graph/tensor.js";
import type { Past } from "../models/inputs.js";
import type { LayerCache } from "../models/stage.js";
import type { CacheUse } from "./wire/messages.js";

/** Keys and values of some columns; [batch, head, column, unit] of this rank's heads. */
interface KeysAndValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** What is kept of one layer: most columns lie still, and those behind them are few, since every step copies them. */
interface KeptLayer {
  readonly past: KeysAndValues;
  readonly recent: KeysAndValues;
}

/** Keys and values of the tokens so far. */
interface Kept {
  /** By row: 1 in each column that holds a token, 0 in padding. */
  readonly past: Past;
  readonly layers: ReadonlyMap<number, KeptLayer>;
  readonly bytes: number;
  /** Whether every replica keeps the same rows, so that any can be chosen. */
  readonly isEverywhere: boolean;
}

/** One step's use of what is kept. */
export interface Cache {
  readonly past: Past;
  /** What the layers are fed, by name. */
  feeds(layers: readonly LayerCache[]): Map<string, Tensor>;
  /** Keeps what the layers handed out, once the step is done: rows padded to `length` columns. */
  extend(
    layers: readonly LayerCache[],
    values: ReadonlyMap<string, Tensor>,
    rows: readonly (readonly number[])[],
    length: number,
  ): void;
}

/** As many columns may be behind the past before they are put to it, which copies all of it. */
const mostRecent = 32;

/**
 * What a rank keeps at most; beyond it, the cache that was used longest ago is forgotten. Enough for a room of people who
 * share a session, and not so much that long texts fill the memory.
 */
const cacheLimits = { caches: 64, bytes: 2 ** 31 } as const;

/** The keys and values that one rank keeps between steps. */
export class Caches {
  readonly #limits: { readonly caches: number; readonly bytes: number };
  readonly #kept = new Map<string, Kept>();

  constructor(limits: { readonly caches: number; readonly bytes: number } = cacheLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return [...this.#kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  release(key: string): void {
    this.#kept.delete(key);
  }

  /** What a step of `batch` rows goes on from. Throws one line when it is not there, or not as long as the step says. */
  use({ key, columns, rows, everywhere }: CacheUse, batch: number): Cache {
    const kept = columns === 0 ? undefined : this.#kept.get(key);
    if (kept !== undefined) this.#keep(key, kept);
    if (columns > 0 && kept === undefined)
      throw new Error(
        `keys and values of ${columns} positions are no longer kept: a session has those of the last ` +
          `${this.#limits.caches} generations and prefixes, up to ${this.#limits.bytes / 2 ** 20} MB a rank`,
      );
    const held = kept?.past[0]?.length ?? 0;
    if (held !== columns) throw new Error(`keys and values of ${held} positions are kept, not ${columns}`);
    if (rows !== undefined && kept?.isEverywhere === false)
      throw new Error(`rows ${rows.join(", ")} to go on from: each replica keeps only its own`);
    const from = rows ?? Array.from({ length: batch }, (_, row) => row);
    const foreign = kept && from.find((row) => row >= kept.past.length);
    if (from.length !== batch || foreign !== undefined)
      throw new Error(`${batch} rows go on from rows ${from.join(", ")} of ${kept?.past.length ?? 0}`);
    const past = from.map((row) => kept?.past[row] ?? new Uint8Array(0));
    const isSame = kept?.past.length === batch && from.every((row, index) => row === index);
    const rowsOf = ({ keys, values }: KeysAndValues): KeysAndValues =>
      isSame ? { keys, values } : { keys: takeRows(keys, from), values: takeRows(values, from) };
    const chosen = new Map<number, KeptLayer>();
    for (const [layer, parts] of kept?.layers ?? [])
      chosen.set(layer, { past: rowsOf(parts.past), recent: rowsOf(parts.recent) });
    return {
      past,
      feeds: (layers) =>
        new Map(
          layers.flatMap((layer) => {
            const none = zeros(batch, layer.empty);
            const known = chosen.get(layer.layer) ?? { past: none, recent: none };
            return [...fed(layer.past, known.past), ...fed(layer.recent, known.recent)];
          }),
        ),
      extend: (layers, values, added, length) => {
        const held = new Map(
          layers.map(({ layer, present: names, empty }) => {
            const [keys, v] = [values.get(names.keys) as Tensor, values.get(names.values) as Tensor];
            return [
              layer,
              settle(chosen.get(layer)?.past, { keys, values: v }, zeros(batch, empty)),
            ] as const;
          }),
        );
        const bytes = [...held.values()]
          .flatMap(({ past, recent }) => [past.keys, past.values, recent.keys, recent.values])
          .reduce((sum, { data }) => sum + data.byteLength, 0);
        const columnsNow = past.map((row, index) => {
          const now = new Uint8Array(columns + length);
          now.set(row);
          return now.fill(1, columns, columns + (added[index]?.length ?? 0));
        });
        this.#keep(key, { past: columnsNow, layers: held, bytes, isEverywhere: everywhere === true });
      },
    };
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    for (const oldest of this.#kept.keys()) {
      const isOver = this.#kept.size > this.#limits.caches || this.bytes > this.#limits.bytes;
      if (!isOver || oldest === key) break;
      this.#kept.delete(oldest);
    }
  }
}

/** A past of padding alone, for a row that runs along for nobody. Nothing of it is kept. */
export function paddedPast(columns: number): Cache {
  return {
    past: [new Uint8Array(columns)],
    feeds: (layers) =>
      new Map(
        layers.flatMap(({ past, recent, empty: [heads, , size] }) => [
          ...fed(past, zeros(1, [heads, columns, size])),
          ...fed(recent, zeros(1, [heads, 0, size])),
        ]),
      ),
    extend: () => {},
  };
}

function fed(names: LayerCache["past"], { keys, values }: KeysAndValues): [string, Tensor][] {
  return [
    [names.keys, keys],
    [names.values, values],
  ];
}

function zeros(batch: number, [heads, columns, size]: readonly [number, number, number]): KeysAndValues {
  const shape = [batch, heads, columns, size];
  const tensor = (): Tensor => ({
    dtype: "f32",
    shape,
    data: new Float32Array(batch * heads * columns * size),
  });
  return { keys: tensor(), values: tensor() };
}

/** The recent columns and the new ones, `present`, stay recent until they are many; then they are put to the past. */
function settle(past: KeysAndValues | undefined, present: KeysAndValues, none: KeysAndValues): KeptLayer {
  if (past === undefined) return { past: present, recent: none };
  if (present.keys.shape[2]! < mostRecent) return { past, recent: present };
  const joined = {
    keys: joinColumns(past.keys, present.keys),
    values: joinColumns(past.values, present.values),
  };
  return { past: joined, recent: none };
}

/** Two tensors [batch, head, column, unit], the columns of the second behind those of the first. */
function joinColumns(first: Tensor, second: Tensor): Tensor {
  const [batch, heads, before, size] = first.shape as [number, number, number, number];
  const columns = before + second.shape[2]!;
  const data = new Float32Array(batch * heads * columns * size);
  const [old, fresh] = [before * size, (columns - before) * size];
  for (let at = 0; at < batch * heads; at++) {
    data.set((first.data as Float32Array).subarray(at * old, (at + 1) * old), at * (old + fresh));
    data.set((second.data as Float32Array).subarray(at * fresh, (at + 1) * fresh), at * (old + fresh) + old);
  }
  return { dtype: "f32", shape: [batch, heads, columns, size], data };
}

function takeRows({ shape, data }: Tensor, rows: readonly number[]): Tensor {
  const size = elementCount(shape.slice(1));
  const taken = new Float32Array(rows.length * size);
  rows.forEach((row, index) =>
    taken.set((data as Float32Array).subarray(row * size, (row + 1) * size), index * size),
  );
  return { dtype: "f32", shape: [rows.length, ...shape.slice(1)], data: taken };
}
