import { ranksAt, stridesOf } from "vitrail/payload";
import type { TensorPayload } from "vitrail/payload";

/** The values that a payload holds, found by their place in the whole tensor. */
export class Held {
  readonly payload: TensorPayload;
  readonly #values: Float32Array;
  readonly #strides: readonly number[];

  constructor(payload: TensorPayload, values: Float32Array) {
    this.payload = payload;
    this.#values = values;
    const { shape } = payload.part.block;
    this.#strides = stridesOf(shape);
  }

  /** Entries [from, to) of an axis that are held. */
  held(axis: number): { readonly from: number; readonly to: number } {
    const { from, block } = this.payload.part;
    return { from: from[axis]!, to: from[axis]! + block.shape[axis]! };
  }

  value(index: readonly number[]): number {
    const { from } = this.payload.part;
    return this.#values[index.reduce((at, i, axis) => at + (i - from[axis]!) * this.#strides[axis]!, 0)]!;
  }

  /** `batch 0, position 3, unit 12`: the entry of every axis, or of some; axes with one entry only where there is no other. */
  words(index: readonly number[], of: readonly number[] = index.map((_, axis) => axis)): string {
    const { axes, shape } = this.payload;
    const long = of.filter((axis) => shape[axis]! > 1);
    return (long.length > 0 ? long : of).map((axis) => `${axes[axis]} ${index[axis]}`).join(", ");
  }

  /** `rank 2`, or undefined where the ranks do not share the tensor. */
  rankWords(index: readonly number[]): string | undefined {
    const ranks = ranksAt(this.payload.shards, index);
    return ranks && rankLabel(ranks);
  }
}

const list = new Intl.ListFormat("en-GB");

/** `rank 2`, `ranks 0 and 4`, `ranks 0, 2 and 4` */
export function rankLabel(ranks: readonly number[]): string {
  return `${ranks.length === 1 ? "rank" : "ranks"} ${list.format(ranks.map(String))}`;
}

/** As many digits as tell float32 values apart in reading; a true minus sign. */
export function printValue(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  return String(Number(value.toPrecision(7))).replace(/-/g, "−");
}
