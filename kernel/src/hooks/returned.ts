import { printShape } from "../graph/shape.js";
import { Value } from "../graph/value.js";

/**
 * Throws one line when a function that was to return a graph value returned something else, as code that no compiler has
 * seen may.
 *
 * @param what returned it, such as `loss returns`
 * @param must what it must be, such as `a scalar []`
 */
export function checkGraphValue(what: string, returned: unknown, must: string): asserts returned is Value {
  if (!(returned instanceof Value))
    throw new Error(`${what} ${printReturned(returned)}: it must be a graph value, ${must}`);
}

/** Whether it holds values by name, whatever they are. */
export function isNamed(returned: unknown): returned is Readonly<Record<string, unknown>> {
  if (typeof returned !== "object" || returned === null || returned instanceof Value) return false;
  return !Array.isArray(returned) && !ArrayBuffer.isView(returned) && !isPromise(returned);
}

function isPromise(returned: unknown): returned is PromiseLike<unknown> {
  return typeof (returned as { then?: unknown } | null | undefined)?.then === "function";
}

/** What a function returned in place of what it must, in a few words. */
export function printReturned(returned: unknown): string {
  if (isPromise(returned)) {
    // Nobody waits for it, and what it throws would end the process.
    returned.then(undefined, () => undefined);
    return "a promise";
  }
  if (returned instanceof Value) return `graph value ${printShape(returned.shape)}`;
  if (typeof returned === "function") return "a function";
  if (returned === null || typeof returned !== "object") return String(returned).split("\n")[0] as string;
  if ("shape" in returned && "data" in returned)
    return `a tensor of shape [${String((returned.shape as { join?(by: string): string }).join?.(", ") ?? returned.shape)}] with ${printReturned(returned.data)}`;
  const name = (returned.constructor as { name?: string } | undefined)?.name ?? "an object";
  return "length" in returned ? `${name} of ${String(returned.length)}` : name;
}
