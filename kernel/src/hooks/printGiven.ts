import { createHash } from "node:crypto";
import type { Given } from "./intervention.js";

/** Of an array that a whole study adds, made once. */
const digests = new WeakMap<Given, string>();

/** `0.5`, or of more numbers their shape and a digest by which records are told apart: `[768] 1f0c2a9b`. */
export function printGiven(value: Given): string {
  const { shape, data } = value;
  if (data.length === 1) return `${shortest(data[0]!)}`;
  const digest = digests.get(value) ?? digestOf(data);
  digests.set(value, digest);
  return `[${shape.join(", ")}] ${digest}`;
}

function digestOf({ buffer, byteOffset, byteLength }: Float32Array): string {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return createHash("sha256").update(bytes).digest("hex").slice(0, 8);
}

/** The number with the fewest digits that is this float32: 0.3, and not 0.30000001192092896. */
function shortest(x: number): number {
  if (!Number.isFinite(x)) return x;
  const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((count) => Number(x.toPrecision(count)));
  return digits.find((each) => Math.fround(each) === x) ?? x;
}
