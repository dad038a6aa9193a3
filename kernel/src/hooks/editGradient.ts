import { checkChange, type Traced } from "./edit.js";
import type { Intervention } from "./intervention.js";
import type { Selector } from "./names.js";

/** Change the gradient at a hook point on its way back through the model. */
export interface GradientEdit {
  readonly kind: "editGradient";
  readonly selector: string;
  readonly change: Intervention | Traced;
}

/**
 * Change the gradient at what the selector chooses, in `session.backward`: the same interventions as `edit` has, applied to
 * the complete gradient at the point, before it goes further back. Several at one point act in the order given. A
 * gradient that is read where it is edited is the one that goes on.
 */
export function editGradient(selector: Selector, change: Intervention | Traced): GradientEdit {
  const what = `editGradient "${selector}"`;
  if (typeof change === "function")
    throw new Error(`${what}: gradients are changed where they are computed: write traced(dx => …)`);
  checkChange(what, change);
  if (change.kind === "function" && change.module !== undefined)
    throw new Error(`${what}: the trained module "${change.module.name}" has its place in the forward pass`);
  return { kind: "editGradient", selector, change };
}
