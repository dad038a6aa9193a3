import type { HookPoint } from "../graph/point.js";
import { printNamed } from "../graph/printPoint.js";
import { elementCount } from "../graph/rowMajor.js";
import { printLasting } from "./acting.js";
import { printReturned } from "./returned.js";
import type { Dense } from "./slice.js";
import type { Tensors } from "./trained.js";

/** Where and when a host edit is called. */
export interface HostContext {
  /** Canonical name of the hook point, or the parameter whose gradient is edited. */
  readonly point: string;
  /** Decoder layer, or undefined outside the layers. */
  readonly layer: number | undefined;
  /** Step of a generation, the prompt being 0; in a score 0 for the prompt and 1 for the continuations; 0 in a forward pass. */
  readonly step: number;
  /** Tokens of each row in this pass; positions behind them are padding. */
  readonly lengths: readonly number[];
  /** The session's own: what hooks keep there, other hooks and later runs find, until it is cleared. */
  readonly saved: Map<string, unknown>;
  /** Tensors of the trained modules that take part in this run, by module and name. */
  readonly trained: Readonly<Record<string, Tensors>>;
  /** Aborted when the run is given up. */
  readonly signal: AbortSignal;
}

/**
 * Any function of the selected part of a hook point, whole whatever the mesh. It returns what goes on in its place: a
 * tensor of the same shape, or as many numbers. `x` is its own; changing it in place changes nothing but what it returns.
 */
export type HostFunction = (
  x: Dense,
  context: HostContext,
) => Dense | Float32Array | Promise<Dense | Float32Array>;

/** A function that runs where the session is used, not in the model's graph. */
export interface Host {
  readonly kind: "host";
  readonly function: HostFunction;
}

/** A host edit at one of the points that it acts on. */
export interface HostCall {
  /** Whether it is given the point's value, or the gradient there. */
  readonly kind: "edit" | "editGradient";
  readonly selector: string;
  readonly point: string;
  readonly layer: number | undefined;
  readonly function: HostFunction;
  /** Name of the lasting hook that it is; undefined for a call's own. */
  readonly lasting?: string | undefined;
}

/** `edit "layers.*.mlp.output" at layers.3.mlp.output` */
export function printCallOf({ kind, selector, point, lasting }: HostCall): string {
  const whose = lasting === undefined ? "" : `${printLasting(lasting)}: `;
  return `${whose}${kind} "${selector}"${selector === point ? "" : ` at ${point}`}`;
}

/**
 * What a host edit returned, as a tensor. Throws one line with the shapes and the point when it is not one of the shape of
 * `x`.
 *
 * @param points all of the model, in forward order
 */
export function checkResult(result: unknown, x: Dense, call: HostCall, points: readonly HookPoint[]): Dense {
  const { shape } = x;
  const size = elementCount(shape);
  const isShaped = typeof result === "object" && result !== null && "shape" in result && "data" in result;
  const data: unknown = isShaped ? result.data : result;
  const given: unknown = isShaped ? result.shape : shape;
  const fits = Array.isArray(given) && given.length === shape.length && given.every((n, i) => n === shape[i]);
  if (data instanceof Float32Array && data.length === size && fits) return { data, shape };
  throw new Error(
    `${printCallOf(call)} returned ${printReturned(result)}: it must be a tensor of shape [${shape.join(", ")}] or a Float32Array of ${size}, what is selected of ${printNamed(call.point, points)}`,
  );
}
