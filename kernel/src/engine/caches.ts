import type { Tensor } from "../graph/tensor.js";
import type { Past } from "../models/inputs.js";
import type { LayerCache } from "../models/stage.js";
import type { CacheUse } from "./wire/messages.js";

/** Keys and values of the tokens so far. */
interface Kept {
  /** By row: 1 in each column that holds a token, 0 in padding. */
  readonly past: Past;
  /** By layer; [batch, head, column, unit] of this rank's heads. */
  readonly layers: ReadonlyMap<number, { readonly keys: Tensor; readonly values: Tensor }>;
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

/** More caches than this at once, and the one that was used longest ago is forgotten. */
export const mostCaches = 8;

/** The keys and values that one rank keeps between steps. */
export class Caches {
  readonly #kept = new Map<string, Kept>();

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
        `keys and values of ${columns} positions are no longer kept: a session has those of the last ${mostCaches} generations and prefixes`,
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
    return {
      past,
      feeds: (layers) =>
        new Map(
          layers.flatMap(({ layer, past: names, empty }): [string, Tensor][] => {
            const known = kept?.layers.get(layer);
            if (known === undefined) {
              const none: Tensor = { dtype: "f32", shape: [batch, ...empty], data: new Float32Array(0) };
              return [
                [names.keys, none],
                [names.values, none],
              ];
            }
            return [
              [names.keys, isSame ? known.keys : takeRows(known.keys, from)],
              [names.values, isSame ? known.values : takeRows(known.values, from)],
            ];
          }),
        ),
      extend: (layers, values, added, length) => {
        const present = new Map(
          layers.map(({ layer, present: names }) => [
            layer,
            { keys: values.get(names.keys) as Tensor, values: values.get(names.values) as Tensor },
          ]),
        );
        const bytes = [...present.values()].reduce(
          (sum, { keys, values: v }) => sum + keys.data.byteLength + v.data.byteLength,
          0,
        );
        const columnsNow = past.map((row, index) => {
          const now = new Uint8Array(columns + length);
          now.set(row);
          return now.fill(1, columns, columns + (added[index]?.length ?? 0));
        });
        this.#keep(key, { past: columnsNow, layers: present, bytes, isEverywhere: everywhere === true });
      },
    };
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostCaches && oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** A past of padding alone, for a row that runs along for nobody. Nothing of it is kept. */
export function paddedPast(columns: number): Cache {
  const past = [new Uint8Array(columns)];
  const none = ([heads, , size]: LayerCache["empty"]): Tensor => ({
    dtype: "f32",
    shape: [1, heads, columns, size],
    data: new Float32Array(heads * columns * size),
  });
  return {
    past,
    feeds: (layers) =>
      new Map(
        layers.flatMap(({ past: names, empty }): [string, Tensor][] => [
          [names.keys, none(empty)],
          [names.values, none(empty)],
        ]),
      ),
    extend: () => {},
  };
}

function takeRows({ shape, data }: Tensor, rows: readonly number[]): Tensor {
  const size = shape.slice(1).reduce((product, each) => product * each, 1);
  const taken = new Float32Array(rows.length * size);
  rows.forEach((row, index) =>
    taken.set((data as Float32Array).subarray(row * size, (row + 1) * size), index * size),
  );
  return { dtype: "f32", shape: [rows.length, ...shape.slice(1)], data: taken };
}
