import type { Axis } from "../graph/point.js";
import { elementCount } from "../graph/rowMajor.js";
import type { Value } from "../graph/value.js";
import type { Program } from "./program.js";

/** A dense float32 array given to an intervention; it broadcasts against the point's whole value, NumPy fashion. */
export interface Given {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * An edit as data: what to do with the selected part of a value. The parts of it that are tensors are fed when the
 * graph runs, so that equal edits with other numbers are one compiled graph.
 */
export type Intervention =
  | { readonly kind: "zero" }
  | { readonly kind: "keep" }
  | { readonly kind: "mean"; readonly over: readonly Axis[] }
  | { readonly kind: "scale"; readonly factor: number }
  | { readonly kind: "add"; readonly value: Given }
  | { readonly kind: "set"; readonly value: Given }
  | { readonly kind: "project"; readonly direction: Given; readonly part: "along" | "across" }
  | { readonly kind: "traced"; readonly program: Program };

/** Replace by zero. */
export function zero(): Intervention {
  return { kind: "zero" };
}

/** Keep what is selected and replace everything else by zero. */
export function keep(): Intervention {
  return { kind: "keep" };
}

/** Replace by the mean over some axes of the same value, by default over the batch and its positions. */
export function mean(over: readonly Axis[] = ["batch", "position"]): Intervention {
  return { kind: "mean", over };
}

/** Multiply by a number. */
export function scale(factor: number): Intervention {
  if (!Number.isFinite(factor)) throw new Error(`scale by ${factor}: the factor must be a finite number`);
  return { kind: "scale", factor };
}

export type Numbers = Given | readonly number[] | Float32Array;

/** Add a number, a steering vector, or any array that broadcasts. */
export function add(value: Numbers | number): Intervention {
  return { kind: "add", value: typeof value === "number" ? given([value]) : given(value) };
}

/** Replace by a number or by any array that broadcasts. */
export function set(value: Numbers | number): Intervention {
  return { kind: "set", value: typeof value === "number" ? given([value]) : given(value) };
}

/** Replace by what another run captured at this point; its shape must be that of the selected part or broadcast to it. */
export function patch(captured: Given): Intervention {
  return { kind: "set", value: given(captured) };
}

/** Remove what lies along a direction of the last axis: x − (x·d̂) d̂. */
export function projectOut(direction: Numbers): Intervention {
  return { kind: "project", direction: direct(direction), part: "across" };
}

/** Keep only what lies along a direction of the last axis: (x·d̂) d̂. */
export function projectOnto(direction: Numbers): Intervention {
  return { kind: "project", direction: direct(direction), part: "along" };
}

/** A copy of an array, with its shape. Throws one line for what is none, or when they do not fit. */
export function given(value: Numbers): Given {
  if (!isNumbers(value))
    throw new Error(`${JSON.stringify(value)} is no array: give numbers, or { shape, data }`);
  if (!("shape" in value)) return withJson({ shape: [value.length], data: Float32Array.from(value) });
  const size = elementCount(value.shape);
  if (size !== value.data.length)
    throw new Error(`array of ${value.data.length} numbers has not shape [${value.shape.join(", ")}]`);
  return withJson({ shape: [...value.shape], data: Float32Array.from(value.data) });
}

/** Said of what no compiler has seen, too. */
function isNumbers(value: unknown): value is Numbers {
  const isArray = (each: unknown) => Array.isArray(each) || ArrayBuffer.isView(each);
  if (typeof value !== "object" || value === null) return false;
  return (
    isArray(value) || ("shape" in value && isArray(value.shape) && "data" in value && isArray(value.data))
  );
}

/** Lets an array be written as JSON as `readHook` reads it. */
export function withJson(value: Given): Given {
  const toJSON = () => ({ shape: value.shape, base64: base64Of(value.data) });
  return Object.defineProperty(value, "toJSON", { value: toJSON, enumerable: false });
}

/** Little-endian bytes, as text. */
export function base64Of(data: Float32Array | BigInt64Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}

function direct(direction: Numbers): Given {
  const { shape, data } = given(direction);
  const length = Math.sqrt(data.reduce((sum, x) => sum + x * x, 0));
  if (shape.length !== 1 || !(length > 0 && length < Infinity)) {
    throw new Error(
      `direction of shape [${shape.join(", ")}] and length ${length}: needs one axis and a length above 0`,
    );
  }
  return withJson({ shape, data: data.map((x) => x / length) });
}

/** What a traced function knows of the run. */
export interface TracedRun {
  /** 1 where the value belongs to a token, 0 at the padding of shorter rows; it broadcasts against the value. */
  readonly valid: Value;
}

/** A function over graph values, to be compiled into the model; `p` are the tensors of its module, if it has some. */
export type TracedFunction = (x: Value, p: Readonly<Record<string, Value>>, run: TracedRun) => Value;
