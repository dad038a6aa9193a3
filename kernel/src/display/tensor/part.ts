import type { Budget } from "../budget.js";
import { jsonBytes } from "../budget.js";
import { encodeBlock } from "../encode.js";
import type { Block } from "../payload/block.js";
import { elementCount, stridesOf } from "../payload/rowMajor.js";
import { printBytes } from "../payload/words.js";
import type { TensorPayload } from "../payload/tensor.js";
import type { Subject } from "./subject.js";

type Part = Pick<TensorPayload, "part" | "truncated">;

/** Zipping makes float32 values this much smaller at best, but for constants. */
const bestZip = 16;
const base64BytesOfValue = 16 / 3;

/**
 * The values that a payload keeps: all of them within the soft budget; else fewer entries of the axes that are not shown
 * first. The slice shown first may use the hard budget, and has fewer of its longer axis where even that is too little.
 * What is kept lies around the entries shown first. Throws one line when not even one value fits.
 *
 * @param around bytes of the payload without its values
 */
export function choosePart(
  { shape, data, name }: Subject,
  { rows, columns, index, scale }: TensorPayload["view"],
  budget: Budget,
  around: number,
): Part {
  const sizes = [...shape];
  const isShown = (axis: number) => axis === rows || axis === columns;
  let needed: string | undefined;
  for (;;) {
    const hidden = sizes.map((size, axis) => (isShown(axis) ? 1 : size));
    const limit = (elementCount(hidden) === 1 ? budget.hard : budget.soft) - around;
    const from = sizes.map((size, axis) =>
      Math.max(0, Math.min(shape[axis]! - size, index[axis]! - Math.floor(size / 2))),
    );
    const raw = Math.ceil(elementCount(sizes) * base64BytesOfValue);
    const block = raw > bestZip * limit ? undefined : encode(data, shape, from, sizes, scale);
    const bytes = block === undefined ? raw : jsonBytes(block);
    if (block !== undefined && bytes <= limit) {
      if (needed === undefined) return { part: { from, block }, truncated: null };
      const reason = `${needed}, the budget is ${printBytes(budget.soft)} soft and ${printBytes(budget.hard)} hard`;
      return { part: { from, block }, truncated: { kept: elementCount(sizes), of: data.length, reason } };
    }
    if (elementCount(sizes) === 1)
      throw new RangeError(
        `${name} takes ${bytes + around} bytes with one value, the hard budget is ${budget.hard}: raise budget.hard`,
      );
    needed ??= `all of them need ${block === undefined ? "up to " : ""}${printBytes(bytes + around)}`;
    const choosable = elementCount(hidden) > 1 ? hidden : sizes;
    const longest = choosable.indexOf(Math.max(...choosable));
    const share = Math.max(0, limit) / bytes;
    sizes[longest] = Math.max(1, Math.min(sizes[longest]! - 1, Math.floor(sizes[longest]! * share)));
  }
}

function encode(
  data: Float32Array,
  shape: readonly number[],
  from: readonly number[],
  sizes: readonly number[],
  scale: Block["scale"],
): Block {
  const values = elementCount(sizes) === data.length ? data : box(data, shape, from, sizes);
  return encodeBlock(values, sizes.length === 0 ? [1] : sizes, "f32", scale);
}

/** Entries [from, from + size) of every axis, row-major. */
function box(
  data: Float32Array,
  shape: readonly number[],
  from: readonly number[],
  sizes: readonly number[],
): Float32Array {
  const out = new Float32Array(elementCount(sizes));
  const strides = stridesOf(shape);
  const last = shape.length - 1;
  let written = 0;
  const walk = (axis: number, offset: number): void => {
    const start = offset + from[axis]! * strides[axis]!;
    if (axis === last) {
      out.set(data.subarray(start, start + sizes[axis]!), written);
      written += sizes[axis]!;
    } else for (let i = 0; i < sizes[axis]!; i++) walk(axis + 1, start + i * strides[axis]!);
  };
  walk(0, 0);
  return out;
}
