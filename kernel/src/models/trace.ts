import { beforeEdit, shareOf } from "../graph/point.js";
import type { Axis, HookPoint, Place, Shard } from "../graph/point.js";
import type { Graph } from "../graph/graph.js";
import type { Shape } from "../graph/shape.js";
import { concat } from "../graph/value.js";
import type { Value } from "../graph/value.js";
import type { Range, RankWeights } from "./rankWeights.js";

/**
 * Called at every hook point while the graph is written, with this rank's part of the value; what it returns goes
 * on in its place. This is where edits are compiled in.
 */
export type PointEditor = (value: Value, point: HookPoint, place: Place) => Value;

interface PointPlace {
  readonly axes: readonly Axis[];
  /** Hugging Face module paths; see `HookPoint.aliases`. */
  readonly alias?: string | readonly string[] | undefined;
  /** Whole size of the axis that tensor ranks share. */
  readonly split?: { readonly axis: number; readonly whole: number };
}

interface KeysAndValues {
  readonly keys: Value;
  readonly values: Value;
}

/** A layer's keys and values of earlier tokens, of those since the last of these, and of those and the new ones. */
export interface CachedLayer {
  readonly layer: number;
  readonly past: KeysAndValues;
  readonly recent: KeysAndValues;
  readonly present: KeysAndValues;
}

/** What an architecture writes its equations with: the graph, this rank's parts of the weights, and the points. */
export class Trace {
  /** Filled while the layers are written, when the stage keeps a cache. */
  readonly caches: CachedLayer[] = [];
  #layer: number | undefined;

  constructor(
    readonly graph: Graph,
    readonly place: Place,
    readonly weights: RankWeights,
    readonly options: {
      readonly edit?: PointEditor | undefined;
      readonly cache?: boolean | undefined;
      /** Points that are values of their own although others have the same: gradients are told apart by their values. */
      readonly separate?: ReadonlySet<string> | undefined;
      /** Name no points: what is written repeats a part of the model on another value. */
      readonly isMuted?: boolean;
    } = {},
  ) {}

  /** The same equations once more, with the same weights, naming no points. */
  muted(): Trace {
    return new Trace(this.graph, this.place, this.weights, { isMuted: true });
  }

  get tensor(): Shard {
    return this.place.tensor;
  }

  /** Everything until the next call belongs to decoder layer `index`. */
  beginLayer(index: number): void {
    this.#layer = index;
    this.graph.begin(this.tensor.size > 1 ? `layers.${index}.attention` : `layers.${index}`);
  }

  /** Begin a segment outside the layers; `host` keeps it off the device. */
  begin(name: string, place?: "host"): void {
    this.#layer = undefined;
    this.graph.begin(name, place);
  }

  /** This rank's contiguous share of `n` things; the first ranks take one more when they do not divide. */
  share(n: number): Range {
    return shareOf(n, this.tensor);
  }

  /** A whole value from which each rank computes its own units; see `Graph.spread`. */
  spread(value: Value): Value {
    return this.tensor.size === 1
      ? value
      : this.graph.keep(`spread ${value.name}`, () => this.graph.spread(value));
  }

  /**
   * Project this rank's units back to the residual and add up over the ranks of the tensor group; the bias is
   * added once. The rest of the layer runs as the segment `next`. Weight as in `linear` or, with `conv1d`, `affine`.
   */
  projectBack(x: Value, weight: Value, bias: Value | undefined, next: string, layout?: "conv1d"): Value {
    const product = (b?: Value) => (layout === "conv1d" ? x.affine(weight, b) : x.linear(weight, b));
    if (this.tensor.size === 1) return product(bias);
    const sum = this.graph.sumOverRanks(product(), `layers.${this.#layer}.${next}`);
    return bias ? sum.add(bias) : sum;
  }

  /**
   * The keys and values [batch, head, position, unit] that these tokens see, in parts that follow each other: where earlier
   * ones are kept, those come first, and are read where they lie. To join them to these would copy all of them at every token;
   * only the recent ones are, which are few.
   */
  extend(keys: Value, values: Value): KeysAndValues[] {
    const layer = this.#layer;
    if (!this.options.cache || layer === undefined) return [{ keys, values }];
    const [batch, heads, , size] = keys.shape;
    const fed = (since: "past" | "recent"): KeysAndValues => {
      const input = (name: string) =>
        this.graph.input(`${since}.${layer}.${name}`, "f32", [batch!, heads!, since, size!]);
      return { keys: input("keys"), values: input("values") };
    };
    const [past, recent] = [fed("past"), fed("recent")];
    const present = { keys: concat([recent.keys, keys], 2), values: concat([recent.values, values], 2) };
    this.caches.push({ layer, past, recent, present });
    return [past, present];
  }

  /** Name a value as a hook point: `layers.N.` is put before `name` inside a layer. */
  point(value: Value, name: string, place: PointPlace): Value {
    if (this.options.isMuted) return value;
    const { axes, alias = [], split } = place;
    const isSplit = split !== undefined && this.tensor.size > 1;
    const whole: Shape = value.shape.map((d, i) => (isSplit && i === split.axis ? split.whole : d));
    const point: HookPoint = {
      name: this.#layer === undefined ? name : `layers.${this.#layer}.${name}`,
      aliases: typeof alias === "string" ? [alias] : alias,
      axes,
      shape: whole,
      partition: isSplit ? { kind: "split", axis: split.axis } : { kind: "whole" },
      layer: this.#layer,
    };
    const edited = this.options.edit?.(value, point, this.place) ?? value;
    if (edited !== value) this.graph.point(value, { ...point, name: beforeEdit(point.name) });
    const isShared = edited === value && this.graph.points.some((other) => other.value === value);
    return this.graph.point(
      isShared && this.options.separate?.has(point.name) === true
        ? this.graph.apply("Identity", [value], value.dtype, value.shape)
        : edited,
      point,
    );
  }

  /** A hook point [batch, position, unit] that every rank holds whole. */
  unitPoint(value: Value, name: string, alias?: PointPlace["alias"]): Value {
    return this.point(value, name, { axes: residualAxes, alias });
  }
}

export const residualAxes = ["batch", "position", "unit"] as const;
export const headAxes = ["batch", "head", "position", "unit"] as const;
export const patternAxes = ["batch", "head", "query", "key"] as const;
export const logitAxes = ["batch", "position", "token"] as const;
