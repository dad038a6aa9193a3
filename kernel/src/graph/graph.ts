import type { DType } from "./dtype.js";
import type { HookPoint } from "./point.js";
import type { Shape } from "./shape.js";
import { printShape } from "./shape.js";
import { Value } from "./value.js";

/** An attribute of an ONNX node; integers and floats must be told apart on the wire. */
export type Attribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "string"; readonly value: string };

/** One ONNX operator applied to values. Nodes stand in program order, which is a topological order. */
export interface Node {
  readonly op: string;
  /** `vitrail`: not an operator of onnxruntime, but one that is written out when a program is replayed. */
  readonly domain: "" | "com.microsoft" | "vitrail";
  /** `undefined` leaves an optional input out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly segment: number;
}

/** Bytes of a weight inside a file; row-major. */
export interface External {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Where a value comes from. */
export type Origin =
  | { readonly kind: "input" }
  | { readonly kind: "node"; readonly segment: number }
  | { readonly kind: "weight"; readonly external: External }
  | { readonly kind: "constant"; readonly bytes: Uint8Array };

/** Ranks that meet: those that share the units of a layer, or those that share the rows of a batch. */
export type RankGroup = "tensor" | "data";

/**
 * What happens to a value when the stretch that computes it has run: the ranks of a group add up their parts of it, or
 * it is handed out of the model and what comes back is read as the input `back`.
 */
export type Exchange =
  | { readonly kind: "sum"; readonly value: Value; readonly over: RankGroup }
  | { readonly kind: "handOut"; readonly value: Value; readonly key: string; readonly back: Value };

/** What is handed out of the model. */
export type HandOut = Extract<Exchange, { readonly kind: "handOut" }>;

/** A stretch of the program that becomes one onnxruntime session. */
export interface Stretch {
  name: string;
  exchange: Exchange | undefined;
  /** Whether it runs on the CPU whatever the device. */
  isOnHost: boolean;
}

/** A hook point and the value in the graph that holds this rank's part of it. */
export interface PlacedPoint {
  readonly point: HookPoint;
  readonly value: Value;
  readonly segment: number;
}

/** A typed ONNX graph under construction, written once in program order and cut into segments afterwards. */
export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  readonly points: PlacedPoint[] = [];
  readonly stretches: Stretch[] = [];
  #counts = new Map<string, number>();
  #spreads = new Map<Value, RankGroup>();
  #openTail = false;
  #kept = new Map<string, Value>();
  #once = new Map<string, Value>();

  get segment(): number {
    return this.stretches.length - 1;
  }

  /** Name of a segment in which what the running one began goes on. */
  get continued(): string {
    return `${this.stretches[this.segment]!.name}+`;
  }

  /** Start a new segment; after an exchange the segment that it opened is taken and named, unless the place differs. */
  begin(name: string, place?: "host"): void {
    const isOnHost = place === "host";
    if (this.#openTail && !isOnHost) this.stretches[this.segment]!.name = name;
    else this.stretches.push({ name, exchange: undefined, isOnHost });
    this.#openTail = false;
    this.#kept.clear();
  }

  /** Keeps what followed the last exchange a segment of its own: whatever begins next is another. */
  seal(): void {
    this.#openTail = false;
  }

  /** Ends the segment: the ranks add their parts of `value`, and what follows (a segment called `next`) reads the sum. */
  sumOverRanks(value: Value, next: string, over: RankGroup = "tensor"): Value {
    if (value.origin.kind !== "node" || value.origin.segment !== this.segment) {
      throw new Error(`sum over ranks of "${value.name}": it was not computed in segment ${this.segment}`);
    }
    this.#end({ kind: "sum", value, over }, next);
    return value;
  }

  /**
   * Ends the segment: `value` leaves the model under `key`, and what follows (a segment called `next`) reads what comes
   * back, of the same shape. What happens to it outside is unknown, so that no gradient goes through.
   */
  handOut(value: Value, key: string, next: string): Value {
    const isLocal = value.origin.kind === "node" && value.origin.segment === this.segment;
    const own = isLocal ? value : this.apply("Identity", [value], value.dtype, value.shape);
    const back = this.input(`${key}.back`, value.dtype, value.shape);
    this.#end({ kind: "handOut", value: own, key, back }, next);
    // A segment of what follows, be it nothing but a hook point, computes something.
    return this.apply("Identity", [back], back.dtype, back.shape);
  }

  /** What leaves the model on the way, and what is read as it comes back. */
  get handOuts(): readonly HandOut[] {
    return this.stretches.flatMap(({ exchange }) => (exchange?.kind === "handOut" ? [exchange] : []));
  }

  #end(exchange: Exchange, next: string): void {
    this.stretches[this.segment]!.exchange = exchange;
    this.stretches.push({ name: next, exchange: undefined, isOnHost: false });
    this.#openTail = true;
    this.#kept.clear();
  }

  /**
   * A value that every rank of a group holds whole and reads its own units (or rows) from: going backward, each rank
   * has only its own part of the cotangent, and the parts are added up.
   */
  spread(value: Value, over: RankGroup = "tensor"): Value {
    const own = this.apply("Identity", [value], value.dtype, value.shape);
    this.#spreads.set(own, over);
    return own;
  }

  /** The ranks over which a value was spread; undefined where it was not. */
  spreadOver(value: Value): RankGroup | undefined {
    return this.#spreads.get(value);
  }

  input(name: string, dtype: DType, shape: Shape): Value {
    if (this.inputs.some((other) => other.name === name))
      throw new Error(`graph input "${name}" exists already`);
    const value = new Value(this, name, dtype, shape, { kind: "input" });
    this.inputs.push(value);
    return value;
  }

  /** An input that several places read under one name. */
  feed(name: string, dtype: DType, shape: Shape): Value {
    const fed = this.inputs.find((other) => other.name === name);
    if (fed === undefined) return this.input(name, dtype, shape);
    if (fed.dtype !== dtype || printShape(fed.shape) !== printShape(shape))
      throw new Error(
        `graph input "${name}" is ${fed.dtype} ${printShape(fed.shape)}, not ${dtype} ${printShape(shape)}`,
      );
    return fed;
  }

  weight(name: string, dtype: DType, shape: Shape, external: External): Value {
    return new Value(this, this.#unique(name), dtype, shape, { kind: "weight", external });
  }

  /** A small tensor written into the graph itself; row-major bytes. */
  constant(dtype: DType, shape: Shape, bytes: Uint8Array): Value {
    return new Value(this, this.#unique(dtype), dtype, shape, { kind: "constant", bytes });
  }

  floats(shape: readonly number[], data: readonly number[] | Float32Array): Value {
    return this.constant("f32", shape, new Uint8Array(Float32Array.from(data).buffer));
  }

  scalar(x: number): Value {
    return this.floats([], [x]);
  }

  integers(data: readonly number[]): Value {
    const bytes = () => new Uint8Array(BigInt64Array.from(data, BigInt).buffer);
    return this.keep(`i64 ${data.join(" ")}`, () => this.constant("i64", [data.length], bytes()));
  }

  /** A value that this segment needs more than once. */
  keep(key: string, make: () => Value): Value {
    const value = this.#kept.get(key) ?? make();
    this.#kept.set(key, value);
    return value;
  }

  /** A value that several segments need, such as rotary angles. */
  once(key: string, make: () => Value): Value {
    const value = this.#once.get(key) ?? make();
    this.#once.set(key, value);
    return value;
  }

  /** Append an operator; `outputs` gives the dtype and shape of each of its outputs. */
  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly { readonly dtype: DType; readonly shape: Shape }[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Node["domain"] = "",
  ): Value[] {
    if (this.segment < 0) this.begin("graph");
    const segment = this.segment;
    const values = outputs.map(
      ({ dtype, shape }) => new Value(this, this.#unique(op), dtype, shape, { kind: "node", segment }),
    );
    this.nodes.push({ op, domain, inputs, outputs: values, attributes, segment });
    return values;
  }

  /** The only output of an operator that has one. */
  apply(
    op: string,
    inputs: readonly (Value | undefined)[],
    dtype: DType,
    shape: Shape,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    return this.node(op, inputs, [{ dtype, shape }], attributes)[0]!;
  }

  /** Give a value of the current segments a name that follows from what it is, not from how it was computed. */
  rename(value: Value, stem: string): void {
    // Names are read when segments are cut and encoded, which is later.
    (value as { name: string }).name = this.#unique(stem);
  }

  /** Write a node once more, in another segment and for other inputs. The caller puts it into the program. */
  again(node: Node, segment: number, inputs: Node["inputs"]): Node {
    const outputs = node.outputs.map(
      ({ dtype, shape }) =>
        new Value(this, this.#unique(`${node.op} again`, segment), dtype, shape, { kind: "node", segment }),
    );
    return { ...node, inputs, outputs, segment };
  }

  /** Name `value`, this rank's part of it, as a hook point of this segment. Returns the value to go on with. */
  point(value: Value, point: HookPoint): Value {
    if (point.axes.length !== value.shape.length) {
      throw new Error(
        `hook point "${point.name}" of shape ${printShape(value.shape)} names ${point.axes.length} axes: ${point.axes.join(", ")}`,
      );
    }
    this.points.push({ point, value, segment: this.segment });
    return value;
  }

  /**
   * Names are counted within their segment, so that a change in one segment leaves the text of the others as it
   * was and their loaded sessions can be used again.
   */
  #unique(stem: string, segment = this.segment): string {
    const key = `${this.stretches[segment]?.name ?? ""}/${stem}`;
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    return count === 0 ? key : `${key}.${count}`;
  }
}
