import type { Capture } from "./capture.js";
import type { Edit } from "./edit.js";
import type { GradientEdit } from "./editGradient.js";
import { printReturned } from "./returned.js";
import type { Skip } from "./skip.js";

/** What happens at hook points during a run; edits at one point act in the order given. */
export type Hook = Capture | Edit | Skip;

/** Throws one line for what is no hook, as from code that no compiler has seen. */
export function checkIsHook(what: string, hook: Hook | GradientEdit): void {
  const isHook = (hook as Partial<Hook> | null | undefined)?.kind !== undefined;
  if (!isHook) throw new Error(`${what} ${told(hook)}: it must be a hook, such as capture("norm")`);
}

function told(hook: unknown): string {
  return typeof hook === "string" ? JSON.stringify(hook) : printReturned(hook);
}

/** Throws one line for a hook of another kind, or for a gradient's. */
export function checkKind(hook: Hook | GradientEdit): asserts hook is Hook {
  if (hook.kind === "capture" && hook.when !== undefined && !["before", "after"].includes(hook.when))
    throw new Error(
      `capture "${hook.selector}" when ${JSON.stringify(hook.when)}: choose before or after the edits`,
    );
  if (["capture", "edit", "skip"].includes(hook.kind)) return;
  if (hook.kind === "editGradient")
    throw new Error(`editGradient "${hook.selector}": there are gradients in backward only`);
  throw new Error(
    `no hook of kind "${(hook as { kind: string }).kind}": the kinds are capture, edit, skip and editGradient`,
  );
}

/** The calls in which hooks act. */
export type Call = "pass" | "generation" | "backward";

/** Whether a lasting hook has a part in a call: gradients are in backward only, and steps in a generation. */
export function takesPart(hook: Hook | GradientEdit, call: Call): boolean {
  if (hook.kind === "editGradient") return call === "backward";
  return hook.kind === "skip" || hook.steps === undefined || call === "generation";
}
