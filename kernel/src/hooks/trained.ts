import { printShape } from "../graph/shape.js";
import type { Value } from "../graph/value.js";
import type { Edit, Traced } from "./edit.js";
import { given } from "./intervention.js";
import type { Given, Numbers, TracedRun } from "./intervention.js";

/** Tensors of one trained module, by name. */
export type Tensors = Readonly<Record<string, Given>>;

/** Name under which a tensor of a trained module is fed, however many places read it. */
export function trainedInput(module: string, tensor: string): string {
  return `trained.${module}.${tensor}`;
}

/**
 * A traced edit with tensors of its own, such as a probe, an affine map or a soft prompt:
 * `edit("layers.3.residual.out", trainable("map", { A, b }, (x, p) => x.add(x.linear(p.A, p.b))))`.
 *
 * The tensors are fed when the model runs, so that other numbers compile nothing; `session.backward` returns their
 * gradients under the module's name. One module may be used at many points; its gradients are then sums over them.
 * Throws one line for a name that is no plain word.
 */
export function trainable<const T extends Readonly<Record<string, Numbers>>>(
  name: string,
  tensors: T,
  f: (x: Value, p: { readonly [K in keyof T]: Value }, run: TracedRun) => Value,
): Traced {
  const module = { name, tensors: moduleTensors(name, tensors) };
  return { kind: "function", function: f as Traced["function"], module };
}

/** A module's tensors, copied. Throws one line for a name that is no plain word. */
export function moduleTensors(name: string, tensors: Readonly<Record<string, Numbers>>): Tensors {
  const bad = Object.keys(tensors).find((word) => !/^[\w-]+$/.test(word));
  if (bad !== undefined || !/^[\w.-]+$/.test(name))
    throw new Error(
      `trainable "${bad ?? name}": a name is made of letters, digits, _ and -, a module's also of dots`,
    );
  return Object.fromEntries(Object.entries(tensors).map(([key, value]) => [key, given(value)]));
}

/**
 * The tensors of all trained modules of a run, by the name they are fed under. Throws one line when two modules of
 * one name are not the same.
 */
export function trainedTensors(
  edits: readonly Edit[],
  others: Readonly<Record<string, Tensors>> = {},
): Map<string, Given> {
  const found = new Map<string, Given>();
  const modules = edits.flatMap(({ change }) =>
    change.kind === "function" && change.module ? [change.module] : [],
  );
  for (const { name, tensors } of [
    ...modules,
    ...Object.entries(others).map(([name, tensors]) => ({ name, tensors })),
  ]) {
    for (const [tensor, value] of Object.entries(tensors)) {
      const key = trainedInput(name, tensor);
      const earlier = found.get(key);
      if (earlier && !isSame(earlier, value))
        throw new Error(
          `trained module "${name}" is used with two values of "${tensor}", ` +
            `${printShape(earlier.shape)} and ${printShape(value.shape)}: give each module its own name`,
        );
      found.set(key, value);
    }
  }
  return found;
}

function isSame(a: Given, b: Given): boolean {
  if (a.data === b.data) return printShape(a.shape) === printShape(b.shape);
  return printShape(a.shape) === printShape(b.shape) && a.data.every((x, i) => Object.is(x, b.data[i]));
}
