import type { Shape } from "./shape.js";

/** What an axis of a hook point counts. Selectors use these words: `[head=3, query=-1]`. */
export type Axis = "batch" | "position" | "query" | "key" | "head" | "unit" | "token";

/**
 * How the ranks of one tensor-parallel group hold a value: every rank the whole of it, or each rank one
 * contiguous part along an axis (in rank order).
 */
export type Partition = { kind: "whole" } | { kind: "split"; axis: number };

/** A named value of the model that can be read, edited or differentiated. */
export interface HookPoint {
  /** Canonical name, e.g. `layers.3.attention.pattern`. */
  readonly name: string;
  /**
   * Hugging Face module paths whose output this is, e.g. `model.decoder.layers.3.self_attn.q_proj`, and `PATH.input` for
   * modules that read it and nothing else of it: a hook of PyTorch's there reads and edits the same.
   */
  readonly aliases: readonly string[];
  readonly axes: readonly Axis[];
  /** Whole (unsharded) shape; `batch` and `position` stay symbolic. */
  readonly shape: Shape;
  readonly partition: Partition;
  /** Decoder layer, or undefined outside the layers. */
  readonly layer: number | undefined;
}

/** Which of the ranks that share a layer this is. */
export interface Shard {
  readonly rank: number;
  readonly size: number;
}

/** Where a rank stands: among those that share the units of its layers, and among the replicas that share the rows. */
export interface Place {
  readonly tensor: Shard;
  readonly data: Shard;
}

/** Name under which an edited point's value before the edits can be read. */
export function beforeEdit(name: string): string {
  return `${name}@before`;
}

/** Name under which the gradient at a point, or of anything else that has a name, can be read. */
export function gradientAt(name: string): string {
  return `${name}@gradient`;
}

/** The point that a name of `beforeEdit` or `gradientAt`, or the point's own name, is about. */
export function pointOf(name: string): string {
  // Asked for every value of every run, and most are plain names.
  return name.includes("@") ? name.replace(/@(before|gradient)$/, "") : name;
}

/**
 * The part [from, to) of `whole` things that one of the ranks holds: contiguous, in rank order, the first ranks
 * holding one more where they do not divide. The one rule by which weights, values and edits are shared.
 */
export function shareOf(
  whole: number,
  { rank, size }: Shard,
): { readonly from: number; readonly to: number } {
  const start = (r: number) => r * Math.floor(whole / size) + Math.min(r, whole % size);
  return { from: start(rank), to: start(rank + 1) };
}

const known = new WeakMap<readonly HookPoint[], ReadonlyMap<string, number>>();

/** Where each point of a list stands in it, by name. Every run asks, and the points of a model do not change: counted once. */
export function placesOf(points: readonly HookPoint[]): ReadonlyMap<string, number> {
  const places = known.get(points) ?? new Map(points.map(({ name }, place) => [name, place]));
  known.set(points, places);
  return places;
}

/** The point of a list that has this name. */
export function pointNamed(points: readonly HookPoint[], name: string): HookPoint | undefined {
  const place = placesOf(points).get(name);
  return place === undefined ? undefined : points[place];
}
