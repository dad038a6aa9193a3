import { checkChange, type Traced } from "./edit.js";
import type { Host, HostFunction } from "./hostEdit.js";
import type { Intervention } from "./intervention.js";
import type { Selector } from "./names.js";
import { printed } from "./printHook.js";

/** Change the gradient at a hook point on its way back through the model, or that of a parameter. */
export interface GradientEdit {
  readonly kind: "editGradient";
  /** Of hook points, or, where it chooses none, the name or a glob of parameters. */
  readonly selector: string;
  readonly change: Intervention | Traced | Host;
}

/**
 * Change the gradient at what the selector chooses, in `session.backward`: the same changes as `edit` has, functions that
 * run here too, applied to the complete gradient at the point, before it goes further back. Several at one point act in the
 * order given. A gradient that is read where it is edited is the one that goes on.
 *
 * By the name of a parameter it changes what `parameters` returns of it: its whole gradient, of all rows, as a tensor hook
 * of PyTorch's does. The axes of a parameter have no names, so that there is nothing to select, no `mean` and no `keep`:
 * a function or `traced` says over which. `editGradient("model.norm.weight", (dx) => …)`
 */
export function editGradient(selector: Selector, change: Intervention | Traced | HostFunction): GradientEdit {
  const what = `editGradient "${selector}"`;
  const kind = typeof change === "function" ? ({ kind: "host", function: change } as const) : change;
  checkChange(what, kind);
  if (kind.kind === "function" && kind.module !== undefined)
    throw new Error(`${what}: the trained module "${kind.module.name}" has its place in the forward pass`);
  return printed({ kind: "editGradient", selector, change: kind });
}
