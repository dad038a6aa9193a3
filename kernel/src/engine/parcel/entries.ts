import { z } from "zod";
import { Memo } from "../../graph/memo.js";
import { elementBytes } from "../../graph/dtype.js";
import { elementCount } from "../../graph/rowMajor.js";
import type { Tensor } from "../../graph/tensor.js";
import type { ParcelDescriptor } from "../wire/messages.js";
import { parsed } from "../wire/parsed.js";

/** A tensor of a parcel: it takes as many bytes from `offset` on as its shape says. */
export interface ParcelEntry {
  readonly name: string;
  readonly dtype: Tensor["dtype"];
  readonly shape: readonly number[];
  readonly offset: number;
}

const whole = z.number().int().nonnegative();
const index = z.array(z.tuple([z.string(), z.enum(["f32", "i64"]), z.array(whole), whole]));

/**
 * What lies in a parcel, as text: it passes from process to process unread, because to take it apart, check it and write it
 * down again at each costs a captured value more than its data does.
 */
export function indexOf(entries: readonly ParcelEntry[]): string {
  return JSON.stringify(entries.map(({ name, dtype, shape, offset }) => [name, dtype, shape, offset]));
}

/** Equal calls bring equal texts, which are read once. Those of many values are long, so few are kept. */
const known = new Memo<readonly ParcelEntry[]>(32);

/** What lies in a parcel. Throws one line for an index that is none. */
export function entriesOf({ path, index: text }: ParcelDescriptor): readonly ParcelEntry[] {
  return known.of(index, text, () => {
    const read = parsed(index, text);
    if (read === undefined) throw new Error(`parcel ${path}: no index of tensors: ${text.slice(0, 60)}`);
    return read.map(([name, dtype, shape, offset]) => ({ name, dtype, shape, offset }));
  });
}

/** Bytes of the tensor's numbers. */
export function bytesOfEntry({ dtype, shape }: Pick<ParcelEntry, "dtype" | "shape">): number {
  return elementCount(shape) * elementBytes[dtype];
}
