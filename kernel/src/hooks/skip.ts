import { nearest } from "../graph/nearest.js";
import type { HookPoint } from "../graph/point.js";
import { printPoint } from "../graph/printPoint.js";
import { printed } from "./printHook.js";
import { checkNumbers, globMatcher } from "./glob.js";

/** Leave decoder layers out of a run. Plain data. */
export interface Skip {
  readonly kind: "skip";
  readonly selector: string;
}

/**
 * Do not run the layers that the glob chooses, by name or Hugging Face module path: `skip("layers.3")`,
 * `skip("layers.4-8")`. The residual that enters such a layer goes on as it is, and none of its hook points fires; a
 * generation leaves the layer out at every step.
 */
export function skip(selector: string): Skip {
  return printed({ kind: "skip", selector });
}

/** Decoder layers whose name `layers.N` or module path the glob chooses, ascending. Throws one line naming the nearest. */
export function selectLayers(glob: string, points: readonly HookPoint[]): number[] {
  const ends = points.filter(({ name, layer }) => name === `layers.${layer}.residual.out`);
  const names = ends.map(({ layer, aliases }) => [`layers.${layer}`, ...aliases]);
  const matches = globMatcher(glob);
  const chosen = ends.flatMap(({ layer }, i) => (names[i]!.some((name) => matches(name)) ? [layer!] : []));
  if (chosen.length > 0) {
    checkNumbers(glob, names.flat());
    return chosen;
  }
  const [closest] = nearest(glob, names.flat());
  const end = ends.find((_, i) => names[i]!.includes(closest!))!;
  throw new Error(`no layer "${glob}": nearest is ${closest}, which ends in ${printPoint(end, points)}`);
}
