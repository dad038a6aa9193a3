import { inspect, type InspectOptions } from "node:util";
import type { Bundle } from "../display/index.js";
import { displaySymbol, printTensor, tensor } from "../display/index.js";
import type { AxisShards } from "../display/payload/index.js";
import type { Provenance } from "../display/payload/provenance.js";
import type { Axis, HookPoint } from "../graph/point.js";
import type { Selection } from "../hooks/selector.js";
import { indexLists } from "../hooks/indexLists.js";
import { tokensWithin } from "../hooks/slice.js";
import type { Whole } from "./assemble.js";
import type { Captured } from "./types.js";

/** Where a captured value was and which run it comes from. */
interface Origin {
  readonly shards: readonly AxisShards[];
  readonly provenance: Provenance;
  /** Tokens of each row of the run. */
  readonly lengths: readonly number[];
}

/** A captured value, which knows how to show itself. Its own properties are the value; the rest is about it. */
export class CapturedPoint implements Captured {
  readonly dtype: "f32";
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly point: HookPoint;
  readonly selector: string;
  readonly #slices: Selection["slices"];
  readonly #name: string;
  readonly #origin: () => Origin;

  constructor(
    name: string,
    value: Whole,
    { point, selector, slices }: Omit<Selection, "points">,
    origin: () => Origin,
  ) {
    this.dtype = value.dtype;
    this.shape = value.shape;
    this.data = value.data;
    this.point = point;
    this.selector = selector;
    this.#slices = slices;
    this.#name = name;
    this.#origin = origin;
  }

  get name(): string {
    return this.#name;
  }

  /** Hugging Face module paths. */
  get alias(): string | undefined {
    return this.point.aliases.length === 0 ? undefined : this.point.aliases.join(", ");
  }

  get axes(): readonly Axis[] {
    return this.point.axes;
  }

  get shards(): readonly AxisShards[] {
    return this.#origin().shards;
  }

  /** Tokens of each row along each axis that has tokens: what lies beyond is padding. Undefined where there are others too. */
  get lengths(): Readonly<Record<string, readonly number[]>> | undefined {
    const { lengths } = this.#origin();
    const longest = Math.max(...lengths);
    const whole = this.point.shape.map((size, axis) =>
      typeof size === "number" ? size : this.axes[axis] === "batch" ? lengths.length : longest,
    );
    const isSliced = (axis: number) => this.#slices.some((slice) => slice.axis === axis);
    const fits = whole.every((size, axis) => isSliced(axis) || this.shape[axis] === size);
    if (!fits || this.axes[0] !== "batch") return undefined;
    return tokensWithin(whole, this.#slices, { axes: this.axes, lengths });
  }

  get heads(): readonly number[] | undefined {
    const axis = this.axes.indexOf("head");
    const slices = this.#slices.filter((slice) => slice.axis === axis);
    if (slices.length === 0) return undefined;
    const count = this.point.shape[axis] as number;
    const [heads] = indexLists([count], [{ ...slices[0]!, axis: 0 }], { axes: ["head"], lengths: [] }, 0);
    return heads;
  }

  get provenance(): Provenance {
    return this.#origin().provenance;
  }

  [displaySymbol](): Bundle {
    return tensor(this).bundle;
  }

  [inspect.custom](depth: number | null, options: InspectOptions): string {
    return printTensor(this, depth, options);
  }
}
