import type { ReadoutStep } from "../engine/wire/messages.js";
import { nearest } from "../graph/nearest.js";
import type { HookPoint } from "../graph/point.js";
import { printNamed, printPoint } from "../graph/printPoint.js";
import { elementCount } from "../graph/rowMajor.js";
import { printShape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { Value } from "../graph/value.js";
import type { Numbers } from "../hooks/intervention.js";
import { checkGraphValue, isNamed, printReturned } from "../hooks/returned.js";
import { record } from "../hooks/program.js";
import type { ProgramInputs } from "../hooks/program.js";
import { select, type AbsentPoints } from "../hooks/selector.js";
import { trainedInput, type Tensors } from "../hooks/trained.js";

/** An array fed to a readout: float32, or int64 for indices (an array of numbers is int64). */
export type Fed =
  | { readonly shape: readonly number[]; readonly data: Float32Array | BigInt64Array | readonly number[] }
  | readonly number[]
  | Float32Array
  | BigInt64Array;

type Named<T> = Readonly<Record<string, T>>;

/** What a readout is computed from: graph values, whole whatever the sharding, with this run's sizes. */
export interface ReadoutValues {
  /** [batch, position, token], or [batch, 1, token] of the last positions with `logits: "last"`. */
  readonly logits: Value;
  /** The points named in `read`, after this run's edits, by canonical name. */
  readonly captures: Named<Value>;
  readonly given: Named<Value>;
  readonly trained: Named<Named<Value>>;
  /** [batch, position]: 1 at tokens, 0 at the padding of shorter rows, which sums and means are not to count. */
  readonly valid: Value;
  /** [batch, position], int64: the ids of the tokens, 0 at padding. */
  readonly tokens: Value;
  /**
   * The model's own final norm and head, on any value: [batch, n, unit] → [batch, n, token]. Each use costs what the head
   * costs, so join what is to be read before (`concat`).
   */
  readonly unembed: (x: Value) => Value;
}

/** What a readout is given beside the logits. */
export interface ReadoutInputs {
  /** Hook points to read, names or globs. */
  readonly read?: readonly string[];
  /** Arrays fed when it runs: other numbers compile nothing. */
  readonly given?: Named<Fed>;
  /** Tensors of trained modules, by module and name, fed when it runs. */
  readonly trained?: Named<Named<Numbers>>;
}

/**
 * Small values computed on the workers from the logits and hook points, so that only they come back: log-probabilities of
 * chosen tokens, a logit lens, a loss. Traced once for each shape of input.
 */
export interface ReadoutOptions extends ReadoutInputs {
  readonly compute: (values: ReadoutValues) => Named<Value>;
}

/** The run that a readout is for. */
export interface ReadoutRun {
  readonly rows: readonly (readonly number[])[];
  /** Positions whose logits are computed. */
  readonly selected: number;
  /** Positions by row that it is to see of these, where they are all; undefined where it sees what is computed. */
  readonly sees: readonly (readonly number[])[] | undefined;
}

/** A readout written down. */
export interface PreparedReadout {
  readonly step: ReadoutStep;
  /** What it is given, by the names it is fed under; trained tensors are fed once for the whole step. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly readsLogits: boolean;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** Name under which a readout's array is fed. */
const givenName = (name: string): string => `given.${name}`;

/** Writes a readout down. Throws one line when a name, a shape or a result does not fit. */
export function prepareReadout(
  { read = [], given = {}, compute }: ReadoutOptions,
  trained: Readonly<Record<string, Tensors>>,
  points: readonly HookPoint[],
  absent: AbsentPoints,
  { rows, selected, sees }: ReadoutRun,
): PreparedReadout {
  const sizes = { batch: rows.length, position: Math.max(...rows.map((row) => row.length)), selected };
  const chosen = [...new Set(read.flatMap((selector) => wholePoints(selector, points, absent)))];
  const logits = points.find(({ name }) => name === "logits") as HookPoint;
  const fed = new Map(Object.entries(given).map(([name, value]) => [name, asTensor(name, value)]));
  const shapeOf = ({ shape }: HookPoint) =>
    shape.map((size) => (typeof size === "number" ? size : (sizes[size as keyof typeof sizes] ?? size)));
  const shape = [sizes.batch, sizes.position];
  // "tokens" is what the first stage is fed.
  const about = {
    valid: { dtype: "f32", shape, data: () => Float32Array.from(padded(rows, () => 1, 0)) },
    ids: { dtype: "i64", shape, data: () => BigInt64Array.from(padded(rows, BigInt, 0n)) },
    seen: {
      dtype: "i64",
      shape: [rows.length, sees?.[0]?.length ?? 0],
      data: () => BigInt64Array.from((sees ?? []).flat(), BigInt),
    },
  } as const;
  const kind = ({ dtype, shape }: { dtype: Tensor["dtype"]; shape: readonly number[] }) => ({ dtype, shape });
  const tensors = Object.entries(trained).flatMap(([module, values]) =>
    Object.entries(values).map(([tensor, value]) => ({ module, tensor, value })),
  );
  const inputs: ProgramInputs = Object.fromEntries([
    ...[logits, ...chosen].map((point) => [point.name, { dtype: "f32", shape: shapeOf(point) }] as const),
    ...Object.entries(about).map(([name, value]) => [name, kind(value)] as const),
    ...[...fed].map(([name, value]) => [givenName(name), kind(value)] as const),
    ...tensors.map(
      ({ module, tensor, value }) =>
        [trainedInput(module, tensor), kind({ dtype: "f32", shape: value.shape })] as const,
    ),
  ]);
  const shapes = new Map<string, readonly number[]>();
  const vocabulary = logits.shape.at(-1) as number;
  const program = record("readout", inputs, (values) => {
    const modules = Object.keys(trained).map((module) => [
      module,
      named(
        "trained tensor",
        tensors
          .filter((each) => each.module === module)
          .map(({ tensor }) => [tensor, values[trainedInput(module, tensor)]!]),
      ),
    ]);
    const all = values["logits"]!;
    const results = compute({
      logits: sees ? all.gatherPositions(values["seen"]!) : all,
      captures: named(
        "point in read:",
        [...chosen, ...(read.includes("logits") ? [logits] : [])].map(({ name }) => [name, values[name]!]),
        (name) => printNamed(name, points),
      ),
      given: named(
        "given array",
        [...fed.keys()].map((name) => [name, values[givenName(name)]!]),
      ),
      trained: Object.fromEntries(modules) as Named<Named<Value>>,
      valid: values["valid"]!,
      tokens: values["ids"]!,
      unembed: (x) => unembedded(x, sizes.batch, vocabulary),
    });
    if (!isNamed(results))
      throw new Error(
        `readout returns ${printReturned(results)}: it must be graph values by name, such as { best }`,
      );
    for (const [name, value] of Object.entries(results)) {
      checkGraphValue(`readout "${name}" is`, value, "f32 of known size");
      if (value.dtype !== "f32" || !value.shape.every((size) => typeof size === "number"))
        throw new Error(
          `readout "${name}" is ${value.dtype} ${printShape(value.shape)}: it must be f32 of known size`,
        );
      shapes.set(name, value.shape as number[]);
    }
    return results;
  });
  const used = new Set(program.inputs.map(({ name }) => name));
  return {
    step: { reads: chosen.map(({ name }) => name).filter((name) => used.has(name)), program },
    tensors: new Map([
      ...Object.entries(about).flatMap(([name, value]) =>
        used.has(name) ? [[name, { ...value, data: value.data() }] as const] : [],
      ),
      ...[...fed]
        .map(([name, value]) => [givenName(name), value] as const)
        .filter(([name]) => used.has(name)),
    ]),
    readsLogits: used.has("logits"),
    shapes,
  };
}

/** What each token gives, by row, with the padding of shorter rows. */
function padded<T>(rows: ReadoutRun["rows"], of: (token: number) => T, padding: T): T[] {
  const longest = Math.max(...rows.map((row) => row.length));
  return rows.flatMap((row) => [
    ...row.map(of),
    ...Array.from({ length: longest - row.length }, () => padding),
  ]);
}

function wholePoints(selector: string, points: readonly HookPoint[], absent: AbsentPoints): HookPoint[] {
  const selections = select(selector, points, absent);
  if (selections.some(({ slices }) => slices.length > 0))
    throw new Error(
      `read "${selector}": a readout reads the whole of ${printPoint(selections[0]!.point, points)}: slice the value itself`,
    );
  return selections.map(({ point }) => point);
}

function unembedded(x: Value, batch: number, vocabulary: number): Value {
  if (x.shape.length !== 3 || x.shape[0] !== batch)
    throw new Error(`unembed of ${printShape(x.shape)}: it takes [batch, n, unit], the batch being ${batch}`);
  const result = { dtype: "f32", shape: [x.shape[0]!, x.shape[1]!, vocabulary] } as const;
  return x.graph.node("unembed", [x], [result], {}, "vitrail")[0]!;
}

/** An object whose missing entries say what there is, with its shape. */
function named(
  what: string,
  entries: readonly (readonly [string, Value])[],
  told = (name: string, { shape }: Value) => `${name} ${printShape(shape)}`,
): Named<Value> {
  const values = new Map(entries);
  return new Proxy(Object.fromEntries(values), {
    get(target, name) {
      if (typeof name !== "string" || name in target) return Reflect.get(target, name) as Value;
      const [closest] = nearest(name, [...values.keys()]);
      throw new Error(
        `no ${what} "${name}": ${closest === undefined ? "there is none" : `nearest is ${told(closest, values.get(closest)!)}`}`,
      );
    },
  });
}

function asTensor(name: string, value: Fed): Tensor {
  const { shape, data } = "shape" in value ? value : { shape: [value.length], data: value };
  const size = elementCount(shape);
  if (size !== data.length)
    throw new Error(`given "${name}" of ${data.length} numbers has not shape ${printShape(shape)}`);
  if (data instanceof Float32Array) return { dtype: "f32", shape, data };
  if (data instanceof BigInt64Array) return { dtype: "i64", shape, data };
  const wrong = data.find((x) => !Number.isInteger(x));
  if (wrong !== undefined)
    throw new Error(`given "${name}" has ${wrong}: arrays of numbers are integers, use a Float32Array`);
  return { dtype: "i64", shape, data: BigInt64Array.from(data, BigInt) };
}
