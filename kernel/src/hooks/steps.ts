import type { Capture } from "./capture.js";
import type { Edit } from "./edit.js";

/** One step of a generation, or those from `from` (default 0) to before `to` (default the last). */
export type Steps = number | { readonly from?: number; readonly to?: number };

type Stepped = Pick<Capture | Edit, "kind" | "selector" | "steps">;

/** Whether a hook acts at a step of a generation, the prompt being step 0. */
export function actsAt({ steps }: Pick<Stepped, "steps">, step: number): boolean {
  return (
    steps === undefined ||
    steps.some((each) =>
      typeof each === "number" ? each === step : step >= (each.from ?? 0) && step < (each.to ?? Infinity),
    )
  );
}

/** The same hook for one step at which it acts. */
export function withoutSteps({ steps: _, ...hook }: Capture | Edit): Capture | Edit {
  return hook;
}

/** Throws one line for steps that are none, or that a generation of so many never comes to. */
export function checkSteps({ kind, selector, steps }: Stepped, count: number): void {
  const what = `${kind} "${selector}"`;
  if (steps !== undefined && !Array.isArray(steps))
    throw new Error(`${what}: steps ${JSON.stringify(steps)} is no list, such as [0, 2]`);
  for (const each of steps ?? []) {
    const ends = typeof each === "number" ? [each] : [each.from ?? 0, each.to ?? Infinity];
    const isSpan = ends.every((end) => (Number.isInteger(end) && end >= 0) || end === Infinity);
    if (!isSpan || (ends.length === 2 && !(ends[0]! < ends[1]!)))
      throw new Error(`${what}: ${print(each)} is no step and no span of steps`);
  }
  if (!Array.from({ length: count }, (_, step) => step).some((step) => actsAt({ steps }, step)))
    throw new Error(
      `${what} at steps ${(steps ?? []).map(print).join(", ") || "none"} never acts: ` +
        `there are at most ${count} steps, from 0`,
    );
}

/** `3`, `2 to 5`, `2 to the end` */
function print(steps: Steps): string {
  return typeof steps === "number" ? `${steps}` : `${steps.from ?? 0} to ${steps.to ?? "the end"}`;
}
