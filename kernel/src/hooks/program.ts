import { z } from "zod";
import type { DType } from "../graph/dtype.js";
import { Graph } from "../graph/graph.js";
import type { Attribute } from "../graph/graph.js";
import type { Shape } from "../graph/shape.js";
import type { Value } from "../graph/value.js";

const dtype = z.enum(["f32", "f16", "bf16", "f64", "i64", "i32", "i8", "u8", "bool"]);
const dims = z.array(z.union([z.number().int(), z.string()]));
const attribute = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("int"), value: z.number().int() }),
  z.strictObject({ kind: z.literal("float"), value: z.number() }),
  z.strictObject({ kind: z.literal("ints"), value: z.array(z.number().int()) }),
  z.strictObject({ kind: z.literal("string"), value: z.string() }),
]);

/**
 * A function over graph values written down as data: the first values are its inputs, each step defines the values
 * after them, and `results` are the numbers of the values it returns. An operator of the domain `vitrail` stands for
 * something that only the model can write out.
 */
export const programSchema = z.strictObject({
  inputs: z.array(z.strictObject({ name: z.string(), dtype, shape: dims })),
  steps: z.array(
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("constant"), dtype, shape: dims, base64: z.string() }),
      z.strictObject({
        kind: z.literal("node"),
        op: z.string(),
        domain: z.enum(["", "com.microsoft", "vitrail"]),
        inputs: z.array(z.number().int().nullable()),
        outputs: z.array(z.strictObject({ dtype, shape: dims })),
        attributes: z.record(z.string(), attribute),
      }),
    ]),
  ),
  results: z.record(z.string(), z.number().int()),
});
export type Program = z.infer<typeof programSchema>;

/** What a program reads: stand-ins of this dtype and shape while it is written down. */
export type ProgramInputs = Readonly<Record<string, { readonly dtype: DType; readonly shape: Shape }>>;

/**
 * Run a function once on stand-ins for its inputs and write down what it did.
 * Throws one line when it reads values of another graph; `what` says of what function.
 */
export function record(
  what: string,
  inputs: ProgramInputs,
  f: (values: Readonly<Record<string, Value>>) => Readonly<Record<string, Value>>,
): Program {
  const graph = new Graph();
  graph.begin("traced");
  const given = Object.entries(inputs).map(([name, { dtype, shape }]) => graph.input(name, dtype, shape));
  const returned = f(Object.fromEntries(given.map((value) => [value.name, value])));
  const numbers = new Map<Value, number>(given.map((value, index) => [value, index]));
  const steps: Program["steps"] = [];
  const number = (value: Value): number => {
    const known = numbers.get(value);
    if (known !== undefined) return known;
    if (value.origin.kind !== "constant")
      throw new Error(`${what}: it reads "${value.name}" of another graph`);
    const base64 = Buffer.from(value.origin.bytes).toString("base64");
    steps.push({ kind: "constant", dtype: value.dtype, shape: [...value.shape], base64 });
    numbers.set(value, numbers.size);
    return numbers.size - 1;
  };
  for (const node of graph.nodes) {
    const read = node.inputs.map((input) => (input ? number(input) : null));
    const outputs = node.outputs.map((output) => ({ dtype: output.dtype, shape: [...output.shape] }));
    for (const [name, a] of Object.entries(node.attributes))
      checkAttribute(`${what}: ${name} of ${node.op}`, a);
    const attributes = Object.fromEntries(Object.entries(node.attributes).map(([k, a]) => [k, mutable(a)]));
    steps.push({ kind: "node", op: node.op, domain: node.domain, inputs: read, outputs, attributes });
    for (const output of node.outputs) numbers.set(output, numbers.size);
  }
  const results = Object.fromEntries(Object.entries(returned).map(([name, value]) => [name, number(value)]));
  const declared = given.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] }));
  return withoutUnread({ inputs: declared, steps, results });
}

/** Drops the inputs that the program does not read. */
function withoutUnread({ inputs, steps, results }: Program): Program {
  const read = new Set([
    ...steps.flatMap((step) => (step.kind === "node" ? step.inputs : [])),
    ...Object.values(results),
  ]);
  const places = inputs.map((_, index) => inputs.slice(0, index).filter((_, i) => read.has(i)).length);
  const dropped = inputs.filter((_, index) => !read.has(index)).length;
  const moved = (index: number) => (index < inputs.length ? (places[index] as number) : index - dropped);
  return {
    inputs: inputs.filter((_, index) => read.has(index)),
    steps: steps.map((step) =>
      step.kind === "node"
        ? { ...step, inputs: step.inputs.map((index) => (index === null ? null : moved(index))) }
        : step,
    ),
    results: Object.fromEntries(Object.entries(results).map(([name, index]) => [name, moved(index)])),
  };
}

/** Operators of the domain `vitrail`, by name. */
export type Written = Readonly<Record<string, (x: Value) => Value>>;

/** Sizes that a program names and the graph it is written into may name otherwise. */
const named = /\b(batch|key)\b/g;

/**
 * Write the program's operators into a graph, for these values; where their batch or their keys have another name, those
 * of all that follows have too. An input that is not among them is fed to the graph under its own name, once however
 * many programs read it.
 */
export function replay(
  program: Program,
  graph: Graph,
  given: Readonly<Record<string, Value>>,
  written: Written = {},
): Record<string, Value> {
  const values = program.inputs.map(
    ({ name, dtype, shape }) => given[name] ?? graph.feed(name, dtype, shape),
  );
  const sizes = new Map<string, string>();
  program.inputs.forEach(({ shape }, input) =>
    shape.forEach((size, axis) => {
      if (typeof size === "string" && !sizes.has(size)) sizes.set(size, String(values[input]!.shape[axis]));
    }),
  );
  const here = (shape: Shape): Shape =>
    shape.map((size) =>
      typeof size === "string" ? size.replace(named, (name) => sizes.get(name) ?? name) : size,
    );
  for (const step of program.steps) {
    if (step.kind === "constant") {
      values.push(graph.constant(step.dtype, step.shape, new Uint8Array(Buffer.from(step.base64, "base64"))));
      continue;
    }
    const inputs = step.inputs.map((i) => (i === null ? undefined : values[i]));
    const outputs = step.outputs.map(({ dtype, shape }) => ({ dtype, shape: here(shape) }));
    if (step.domain === "vitrail") values.push(written[step.op]!(inputs[0]!));
    else values.push(...graph.node(step.op, inputs, outputs, step.attributes, step.domain));
  }
  return Object.fromEntries(
    Object.entries(program.results).map(([name, index]) => [name, values[index] as Value]),
  );
}

/** Numbers that JSON cannot hold are no attributes. */
function checkAttribute(what: string, a: Attribute): void {
  const numbers = a.kind === "string" ? [] : [a.value].flat();
  const wrong = numbers.find((x) => (a.kind === "float" ? !Number.isFinite(x) : !Number.isSafeInteger(x)));
  if (wrong !== undefined)
    throw new Error(`${what} is ${wrong}: it must be ${a.kind === "float" ? "finite" : "a whole number"}`);
}

function mutable(a: Attribute): z.infer<typeof attribute> {
  return a.kind === "ints" ? { kind: "ints", value: [...a.value] } : a;
}
