import type { Capture } from "./capture.js";
import type { Edit } from "./edit.js";
import type { GradientEdit } from "./editGradient.js";
import { printReturned } from "./returned.js";
import type { Skip } from "./skip.js";

/** What happens at hook points during a run; edits at one point act in the order given. */
export type Hook = Capture | Edit | Skip;

type Any = Hook | GradientEdit;

/** What each kind has beside its selector. */
const fields: {
  readonly [Kind in Any["kind"]]: Readonly<
    Record<Exclude<keyof Extract<Any, { kind: Kind }>, "kind" | "selector">, true>
  >;
} = {
  capture: { when: true, steps: true },
  edit: { change: true, steps: true },
  skip: {},
  editGradient: { change: true },
};

/**
 * Throws one line for what is no hook, as from code that no compiler has seen, and for one with a field that its kind does not
 * have: a choice of heads there would be passed over, and the whole handed out for it.
 */
export function checkIsHook(what: string, hook: Any): void {
  const isHook = (hook as Partial<Hook> | null | undefined)?.kind !== undefined;
  if (!isHook) throw new Error(`${what} ${told(hook)}: it must be a hook, such as capture("norm")`);
  if (!Object.hasOwn(fields, hook.kind)) return;
  const own = Object.keys(fields[hook.kind]);
  // A call that is repeated names the hooks that lasted.
  const known = new Set(["kind", "selector", "lasting", ...own]);
  const unknown = Object.keys(hook).find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new Error(
      `${hook.kind} "${hook.selector}" has no "${unknown}": it has ${own.join(" and ") || "nothing"} beside its selector; entries are chosen there, as in "layers.0.attention.pattern[head=3]"`,
    );
}

function told(hook: unknown): string {
  return typeof hook === "string" ? JSON.stringify(hook) : printReturned(hook);
}

/** Throws one line for a hook of another kind, or for a gradient's. */
export function checkKind(hook: Any): asserts hook is Hook {
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
export function takesPart(hook: Any, call: Call): boolean {
  if (hook.kind === "editGradient") return call === "backward";
  return hook.kind === "skip" || hook.steps === undefined || call === "generation";
}
