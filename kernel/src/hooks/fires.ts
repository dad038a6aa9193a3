import { placesOf, type HookPoint } from "../graph/point.js";
import { printPoint } from "../graph/printPoint.js";
import { forHook, printLasting, type Acting } from "./acting.js";
import { select, type AbsentPoints } from "./selector.js";
import { selectLayers, type Skip } from "./skip.js";

/** What of the model a run leaves out. */
export interface LeftOut {
  readonly layers: readonly number[];
  /** Throws one line, with the reason, for a point that does not fire. */
  check(point: HookPoint): void;
}

/**
 * The layers that hooks skip and what comes after the last point of a run that stops early. Throws one line when a
 * layer or the point to stop after cannot be found, or is skipped itself.
 *
 * @param stopAfter a layer or one hook point
 */
export function leaveOut(
  hooks: readonly Acting[],
  stopAfter: string | undefined,
  points: readonly HookPoint[],
  absent: AbsentPoints,
): LeftOut {
  const skipped = new Map<number, string>();
  for (const hook of hooks)
    if (hook.kind === "skip")
      for (const layer of forHook(hook, () => selectLayers(hook.selector, points)))
        skipped.set(layer, printSkip(hook));
  const last = stopAfter === undefined ? points.length - 1 : lastPoint(stopAfter, points, absent);
  const check = (point: HookPoint) => {
    const { name, layer } = point;
    const skip = layer === undefined ? undefined : skipped.get(layer);
    const why =
      skip !== undefined
        ? `${skip} leaves its layer out`
        : stopAfter !== undefined && (placesOf(points).get(name) as number) > last
          ? `the run stops after ${stopAfter}, which comes before it`
          : undefined;
    if (why !== undefined) throw new Error(`${printPoint(point, points)}, does not fire: ${why}`);
  };
  if (stopAfter !== undefined) check(points[last] as HookPoint);
  return { layers: [...skipped.keys()].sort((a, b) => a - b), check };
}

function printSkip({ selector, lasting }: Acting<Skip>): string {
  const skip = `skip("${selector}")`;
  return lasting === undefined ? skip : `${skip} of the ${printLasting(lasting)}`;
}

function lastPoint(stopAfter: string, points: readonly HookPoint[], absent: AbsentPoints): number {
  const named = /^layers\.\d+$/.test(stopAfter) ? `${stopAfter}.residual.out` : stopAfter;
  const chosen = select(named, points, absent);
  const [one] = chosen;
  if (chosen.length > 1 || one!.slices.length > 0)
    throw new Error(
      `stopAfter "${stopAfter}" chooses ${chosen.length > 1 ? `${chosen.length} hook points` : "a part of one"}: name a layer or one whole point, such as ${printPoint(one!.point, points)}`,
    );
  return points.indexOf(one!.point);
}
