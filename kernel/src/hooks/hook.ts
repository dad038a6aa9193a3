import type { Capture } from "./capture.js";
import { printChange, type Edit } from "./edit.js";
import type { GradientEdit } from "./editGradient.js";
import type { Skip } from "./skip.js";

/** What happens at hook points during a run; edits at one point act in the order given. */
export type Hook = Capture | Edit | Skip;

/** Throws one line for what is no hook, as from code that no compiler has seen. */
export function checkKind(hook: Hook): void {
  if (["capture", "edit", "skip"].includes(hook.kind)) return;
  if ((hook as { kind: string }).kind === "editGradient")
    throw new Error(`editGradient "${hook.selector}": there are gradients in backward only`);
  throw new Error(
    `no hook of kind "${(hook as { kind: string }).kind}": the kinds are capture, edit and skip`,
  );
}

/** `edit("layers.3.mlp.output", scale 2)` */
export function printHook(hook: Hook | GradientEdit): string {
  const selector = JSON.stringify(hook.selector);
  const steps = hook.kind === "edit" && hook.steps ? `, steps ${JSON.stringify(hook.steps)}` : "";
  if (hook.kind === "editGradient") return `editGradient(${selector}, ${printChange(hook.change)})`;
  if (hook.kind === "edit") return `edit(${selector}, ${printChange(hook.change)}${steps})`;
  return hook.kind === "capture" && hook.when === "before"
    ? `capture(${selector}, before)`
    : `${hook.kind}(${selector})`;
}
