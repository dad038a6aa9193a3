import type { Value } from "../graph/value.js";
import type { Host, HostFunction } from "./hostEdit.js";
import type { Given, Intervention, TracedFunction, TracedRun } from "./intervention.js";
import type { Selector } from "./names.js";
import { printed } from "./printHook.js";
import type { Steps } from "./steps.js";

/** A function that will be written into the graph at each point it is used on. */
export interface Traced {
  readonly kind: "function";
  readonly function: TracedFunction;
  /** The tensors that it reads beside its value; see `trainable`. */
  readonly module?: { readonly name: string; readonly tensors: Readonly<Record<string, Given>> };
}

/** Change a hook point's value on its way through the model. */
export interface Edit {
  readonly kind: "edit";
  readonly selector: string;
  readonly change: Intervention | Traced | Host;
  /** Steps of a generation at which it acts, the prompt being step 0; default all. */
  readonly steps?: readonly Steps[];
}

/**
 * Change what the selector chooses, whole whatever the sharding, in the order of the hooks: an intervention such as
 * `zero()` or `add(vector)`, or `traced(x => …)`, which are compiled into the model; or any function, sync or async,
 * which runs here, once for each point and pass, on the whole selected part: `edit("norm", (x, context) => …)`. It may
 * use whatever the notebook has, and costs the way of the values out of the model and back. What it throws, the run
 * throws, with the hook's name. What is not selected goes on bit for bit. Under a slice, a function that runs here is given
 * the selected part alone, whereas `traced` functions, `mean` and the projections read the whole value, and the slice only
 * chooses which of their results go on.
 *
 * In a generation it acts at the prompt and at every token, or at the `steps` given: `{ steps: [0, { from: 3 }] }`.
 */
export function edit(
  selector: Selector,
  change: Intervention | Traced | HostFunction,
  options: { steps?: readonly Steps[] } = {},
): Edit {
  const kind = typeof change === "function" ? ({ kind: "host", function: change } as const) : change;
  checkChange(`edit "${selector}"`, kind);
  return printed({ kind: "edit", selector, change: kind, ...options });
}

const kinds: ReadonlySet<string> = new Set<Edit["change"]["kind"]>([
  ...(["zero", "keep", "mean", "scale", "add", "set", "project", "traced", "function", "host"] as const),
]);

/** Throws one line for a change that is none, as from code that no compiler has seen. */
export function checkChange(of: string, change: { readonly kind: string } | undefined): void {
  const kind = change?.kind;
  if (kind === undefined || !kinds.has(kind))
    throw new Error(
      `${of} by ${JSON.stringify(change)}: give zero(), scale(2), traced(x => …), or a function`,
    );
}

/**
 * An edit as a function over graph values, e.g. `traced((x) => x.mul(2).add(1))`; it must keep the shape. What it sums over
 * positions counts the padding of shorter rows too, unless it is multiplied by `valid` before:
 * `traced((x, { valid }) => x.sub(x.mul(valid).sum([1], true).div(valid.sum([1], true))))`.
 */
export function traced(f: (x: Value, run: TracedRun) => Value): Traced {
  return { kind: "function", function: (x, _, run) => f(x, run) };
}
