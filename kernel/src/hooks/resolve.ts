import { placesOf, type HookPoint } from "../graph/point.js";
import { printPoint } from "../graph/printPoint.js";
import { select } from "./selector.js";
import type { AbsentPoints, Selection } from "./selector.js";

/**
 * What several selectors choose, in forward order, each point once. Throws one line when a selector matches
 * nothing, or when two selectors want different parts of the same point.
 */
export function resolve(
  selectors: readonly string[],
  points: readonly HookPoint[],
  absent: AbsentPoints = {},
): Selection[] {
  if (selectors.length === 0) return [];
  const chosen = new Map<string, Selection>();
  for (const selection of selectors.flatMap((selector) => select(selector, points, absent))) {
    const earlier = chosen.get(selection.point.name);
    if (earlier && JSON.stringify(earlier.slices) !== JSON.stringify(selection.slices)) {
      throw new Error(
        `"${earlier.selector}" and "${selection.selector}" want different parts of ${printPoint(selection.point, points)}: ask for it once`,
      );
    }
    if (!earlier) chosen.set(selection.point.name, selection);
  }
  const places = placesOf(points);
  const placeOf = ({ point }: Selection) => places.get(point.name) as number;
  return [...chosen.values()].sort((a, b) => placeOf(a) - placeOf(b));
}
