import { pointNamed, pointOf, type HookPoint } from "../graph/point.js";
import { printPoint } from "../graph/printPoint.js";
import { forHook } from "../hooks/acting.js";
import { readsValid } from "../hooks/apply.js";
import type { ForwardRequest } from "./request.js";

/**
 * Throws one line for a pass that goes on from kept keys and values when something in it counts keys: columns of keys
 * are then more than the tokens of the pass.
 *
 * @param where ends the line, such as `after a prefix, whose tokens come first`
 */
export function refuseKeys(
  { captures, edits, step: { readout } }: ForwardRequest,
  points: readonly HookPoint[],
  where: string,
): void {
  const named = (name: string) => pointNamed(points, pointOf(name)) as HookPoint;
  const keysOf = (name: string) => named(name).axes.indexOf("key");
  const told = (name: string, part = "") => printPoint(named(name), points, `${pointOf(name)}${part}`);
  const chosen = captures.map((part) => ({ ...part.selection, point: part.value, lasting: part.lasting }));
  for (const hook of [...chosen, ...edits])
    forHook(hook, () => {
      const keys = keysOf(hook.point);
      if (keys >= 0 && hook.slices.some(({ axis }) => axis === keys))
        throw new Error(`${told(hook.point, "[key=…]")}: keys cannot be chosen ${where}`);
    });
  for (const edit of edits)
    forHook(edit, () => {
      const { point, intervention: change } = edit;
      const isWide = (change.kind === "add" || change.kind === "set") && (change.value.shape.at(-1) ?? 1) > 1;
      if (keysOf(point) >= 0 && (isWide || readsValid(change) || change.kind === "project"))
        throw new Error(`${change.kind} at ${told(point)}: keys cannot be counted ${where}`);
    });
  for (const point of readout?.reads ?? [])
    if (keysOf(point) >= 0) throw new Error(`readout of ${told(point)}: keys cannot be counted ${where}`);
}

/** Throws one line when an edit chooses positions, where those of one text come in two passes. */
export function refusePositions({ edits }: ForwardRequest, points: readonly HookPoint[]): void {
  for (const edit of edits) {
    const point = pointNamed(points, edit.point) as HookPoint;
    const axis = edit.slices
      .map((slice) => point.axes[slice.axis]!)
      .find((each) => each === "position" || each === "query");
    if (axis !== undefined)
      forHook(edit, () => {
        throw new Error(
          `${printPoint(point, points, `${point.name}[${axis}=…]`)}: positions cannot be chosen in a score: prompt and continuations are two passes`,
        );
      });
  }
}
