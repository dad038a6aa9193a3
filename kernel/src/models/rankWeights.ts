import { elementBytes } from "../graph/dtype.js";
import type { Graph } from "../graph/graph.js";
import { elementCount } from "../graph/rowMajor.js";
import { concat } from "../graph/value.js";
import type { Value } from "../graph/value.js";
import type { StoredTensor } from "./checkpoint/checkpoint.js";

/** Half-open range of heads, units or tokens. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Finds a weight by its Hugging Face name; the shape is what the architecture expects. */
export type WeightSource = (name: string, shape: readonly number[]) => StoredTensor;

/** Where a weight comes from: its place in a file, or `fed`, a float32 input of the graph by the weight's name. */
export type WeightPlace = (name: string, shape: readonly number[]) => StoredTensor | "fed";

/** Rows of a weight that a rank holds. */
export interface HeldParameter {
  readonly name: string;
  /** First of its rows. */
  readonly from: number;
  readonly value: Value;
  /** Whether the ranks hold the same rows and each uses only its columns of them. */
  isPartial: boolean;
}

/** A model's weights as values of a rank's graph, of which it reads those parts that its equations name; each part once. */
export class RankWeights {
  /** What was asked of the weights. */
  readonly parameters: HeldParameter[] = [];

  constructor(
    readonly graph: Graph,
    readonly source: WeightPlace,
  ) {}

  /** A whole weight in float32. */
  whole(name: string, shape: readonly number[]): Value {
    return this.rows(name, shape, { from: 0, to: shape[0]! });
  }

  /** A whole weight in the dtype it is stored in, for looking up rows. */
  table(name: string, shape: readonly number[]): Value {
    return this.#stored(name, shape, { from: 0, to: shape[0]! });
  }

  /** Rows of a weight (or entries of a bias): contiguous in the file, so they are mapped where they lie. */
  rows(name: string, shape: readonly number[], range: Range): Value {
    const value = this.#stored(name, shape, range);
    if (value.dtype === "f32") return value;
    const scales = this.#scales(name, shape, range);
    return this.graph.keep(`float ${name} ${range.from}`, () =>
      scales === undefined ? value.cast("f32") : value.dequantise(scales.value, scales.axis),
    );
  }

  /** Columns of a weight [rows, columns] (or entries of a bias), joined in the order given; a copy unless they are all. */
  columns(name: string, shape: readonly number[], ranges: readonly Range[]): Value {
    const axis = shape.length - 1;
    const whole = { from: 0, to: shape[0]! };
    const all = this.#stored(name, shape, whole);
    const [only] = ranges;
    if (ranges.length === 1 && only!.from === 0 && only!.to === shape[axis]) return this.whole(name, shape);
    for (const parameter of this.parameters) if (parameter.name === name) parameter.isPartial = true;
    const key = `${name} columns ${ranges.map((r) => `${r.from}:${r.to}`).join()}`;
    const pick = (from: Value, along: number): Value => {
      const parts = ranges.map((range) => from.slice(along, range.from, range.to));
      return parts.length === 1 ? parts[0]! : concat(parts, along);
    };
    return this.graph.keep(key, () => {
      const scales = this.#scales(name, shape, whole);
      if (scales === undefined) return pick(this.whole(name, shape), axis);
      // Of what is quantised only the columns that are needed are widened, by the scales of the whole weight.
      const own = scales.axis === axis ? pick(scales.value, 0) : scales.value;
      return pick(all, axis).dequantise(own, scales.axis);
    });
  }

  #stored(name: string, shape: readonly number[], range: Range): Value {
    const stored = this.source(name, shape);
    if (stored === "fed") return this.#fed(name, shape, range);
    const rowBytes = elementCount(shape.slice(1)) * elementBytes[stored.dtype];
    const part = {
      file: stored.file,
      offset: stored.offset + range.from * rowBytes,
      bytes: (range.to - range.from) * rowBytes,
    };
    const key = `weight ${name} ${range.from}:${range.to}`;
    return this.graph.once(key, () => {
      const value = this.graph.weight(name, stored.dtype, [range.to - range.from, ...shape.slice(1)], part);
      this.parameters.push({ name, from: range.from, value, isPartial: false });
      return value;
    });
  }

  #fed(name: string, shape: readonly number[], range: Range): Value {
    const all = this.graph.once(`weight ${name}`, () => this.graph.input(name, "f32", shape));
    return range.from === 0 && range.to === shape[0] ? all : all.slice(0, range.from, range.to);
  }

  /** Scales of rows of a quantised weight; undefined for any other. */
  #scales(
    name: string,
    shape: readonly number[],
    range: Range,
  ): { readonly value: Value; readonly axis: 0 | 1 } | undefined {
    const stored = this.source(name, shape);
    if (stored === "fed" || stored.scales === undefined) return undefined;
    const { axis, file, offset, over } = stored.scales;
    const { from, to } = axis === 0 ? range : { from: 0, to: shape[1]! };
    const bytes = elementBytes.f32;
    const part = { file, offset: offset + from * bytes, bytes: (to - from) * bytes };
    const key = `scales ${name} ${from}:${to}`;
    const held = this.graph.once(key, () => this.graph.weight(`${name} scales`, "f32", [to - from], part));
    return { value: over === 1 ? held : this.graph.keep(key, () => held.div(over)), axis };
  }
}
