import { z } from "zod";
import { Graph } from "../graph/graph.js";
import type { Attribute } from "../graph/graph.js";
import type { HookPoint } from "../graph/point.js";
import { printShape } from "../graph/shape.js";
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
 * A function over graph values written down as data: value 0 is its argument, each step defines the values after
 * it, and `result` is the number of the value it returns.
 */
export const programSchema = z.strictObject({
  steps: z.array(
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("constant"), dtype, shape: dims, base64: z.string() }),
      z.strictObject({
        kind: z.literal("node"),
        op: z.string(),
        domain: z.enum(["", "com.microsoft"]),
        inputs: z.array(z.number().int().nullable()),
        outputs: z.array(z.strictObject({ dtype, shape: dims })),
        attributes: z.record(z.string(), attribute),
      }),
    ]),
  ),
  result: z.number().int(),
});
export type Program = z.infer<typeof programSchema>;

/**
 * Run a function once on a stand-in for a hook point's whole value and write down what it did. Throws one line when
 * the result has another shape or dtype than the point.
 */
export function record(point: HookPoint, f: (x: Value) => Value): Program {
  const graph = new Graph();
  graph.begin("traced");
  const x = graph.input("x", "f32", point.shape);
  const y = f(x);
  if (y.dtype !== "f32" || printShape(y.shape) !== printShape(x.shape)) {
    throw new Error(
      `traced function at ${point.name} returns ${y.dtype} ${printShape(y.shape)}: it must be f32 ${printShape(x.shape)}`,
    );
  }
  const numbers = new Map<Value, number>([[x, 0]]);
  const steps: Program["steps"] = [];
  const number = (value: Value): number => {
    const known = numbers.get(value);
    if (known !== undefined) return known;
    if (value.origin.kind !== "constant")
      throw new Error(`traced function at ${point.name} reads "${value.name}" of another graph`);
    const base64 = Buffer.from(value.origin.bytes).toString("base64");
    steps.push({ kind: "constant", dtype: value.dtype, shape: [...value.shape], base64 });
    numbers.set(value, numbers.size);
    return numbers.size - 1;
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => (input ? number(input) : null));
    const outputs = node.outputs.map((output) => ({ dtype: output.dtype, shape: [...output.shape] }));
    const attributes = Object.fromEntries(Object.entries(node.attributes).map(([k, a]) => [k, mutable(a)]));
    steps.push({ kind: "node", op: node.op, domain: node.domain, inputs, outputs, attributes });
    for (const output of node.outputs) numbers.set(output, numbers.size);
  }
  return { steps, result: number(y) };
}

/** Write the program's operators into the graph that `x` belongs to; where its batch has another name, theirs has too. */
export function replay(program: Program, x: Value): Value {
  const values: Value[] = [x];
  const batch = String(x.shape[0]);
  const named = (shape: readonly (number | string)[]) =>
    shape.map((size) => (typeof size === "string" ? size.replace(/\bbatch\b/g, batch) : size));
  for (const step of program.steps) {
    if (step.kind === "constant") {
      values.push(
        x.graph.constant(step.dtype, step.shape, new Uint8Array(Buffer.from(step.base64, "base64"))),
      );
    } else {
      const inputs = step.inputs.map((i) => (i === null ? undefined : values[i]));
      const outputs = step.outputs.map(({ dtype, shape }) => ({ dtype, shape: named(shape) }));
      values.push(...x.graph.node(step.op, inputs, outputs, step.attributes, step.domain));
    }
  }
  return values[program.result]!;
}

function mutable(a: Attribute): z.infer<typeof attribute> {
  return a.kind === "ints" ? { kind: "ints", value: [...a.value] } : a;
}
