import { requestsOf } from "../engine/wire/requests.js";
import { pointNamed, pointOf, type HookPoint } from "../graph/point.js";
import { printPoint } from "../graph/printPoint.js";
import { readsValid } from "../hooks/apply.js";
import type { ForwardRequest } from "./request.js";

/**
 * Throws one line for a pass that goes on from kept keys and values when something in it counts keys: columns of keys
 * are then more than the tokens of the pass.
 *
 * @param where ends the line, such as `after a prefix, whose tokens come first`
 */
export function refuseKeys(
  { step: { requests, edits, readout } }: ForwardRequest,
  points: readonly HookPoint[],
  where: string,
): void {
  const keysOf = (name: string) => (pointNamed(points, pointOf(name)) as HookPoint).axes.indexOf("key");
  const told = (name: string, part = "") =>
    printPoint(pointNamed(points, pointOf(name))!, points, `${pointOf(name)}${part}`);
  for (const { point, slices } of [...requestsOf(requests), ...edits]) {
    const keys = keysOf(point);
    if (keys >= 0 && slices.some(({ axis }) => axis === keys))
      throw new Error(`${told(point, "[key=…]")}: keys cannot be chosen ${where}`);
  }
  for (const { point, intervention: change } of edits) {
    const isWide = (change.kind === "add" || change.kind === "set") && (change.value.shape.at(-1) ?? 1) > 1;
    if (keysOf(point) >= 0 && (isWide || readsValid(change) || change.kind === "project"))
      throw new Error(`${change.kind} at ${told(point)}: keys cannot be counted ${where}`);
  }
  for (const point of readout?.reads ?? [])
    if (keysOf(point) >= 0) throw new Error(`readout of ${told(point)}: keys cannot be counted ${where}`);
}

/** Throws one line when an edit chooses positions, where those of one text come in two passes. */
export function refusePositions({ step: { edits } }: ForwardRequest, points: readonly HookPoint[]): void {
  for (const { point: name, slices } of edits) {
    const point = pointNamed(points, pointOf(name)) as HookPoint;
    const axis = slices
      .map((slice) => point.axes[slice.axis]!)
      .find((each) => each === "position" || each === "query");
    if (axis !== undefined)
      throw new Error(
        `${printPoint(point, points, `${point.name}[${axis}=…]`)}: positions cannot be chosen in a score: prompt and continuations are two passes`,
      );
  }
}
