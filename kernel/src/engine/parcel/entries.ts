import { z } from "zod";
import type { Tensor } from "../../graph/tensor.js";
import type { ParcelDescriptor } from "../wire/messages.js";

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

/** What lies in a parcel. Throws one line for an index that is none. */
export function entriesOf(parcel: ParcelDescriptor): ParcelEntry[] {
  let read: unknown;
  try {
    read = JSON.parse(parcel.index);
  } catch {
    read = undefined;
  }
  const parsed = index.safeParse(read);
  if (!parsed.success)
    throw new Error(`parcel ${parcel.path}: no index of tensors: ${parcel.index.slice(0, 60)}`);
  return parsed.data.map(([name, dtype, shape, offset]) => ({ name, dtype, shape, offset }));
}

/** Bytes of the tensor's numbers. */
export function bytesOfEntry({ dtype, shape }: Pick<ParcelEntry, "dtype" | "shape">): number {
  return shape.reduce((product, size) => product * size, dtype === "f32" ? 4 : 8);
}
