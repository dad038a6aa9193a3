import { nearest } from "../graph/nearest.js";
import type { HookPoint } from "../graph/point.js";
import { printNamed, printPoint } from "../graph/printPoint.js";
import { chosenBy, globMatcher, namesOf } from "./glob.js";

/**
 * Names of this architecture's points that do not exist in this model, a layer's without the layer, and why. Points that a
 * reason names behind its colon are those that stand for it, and errors offer the nearest of them.
 */
export type AbsentPoints = Readonly<Record<string, string>>;

/** What to say of a glob that chooses no hook point: why there is none, and what is nearest. */
export function noPoint(glob: string, points: readonly HookPoint[], absent: AbsentPoints): string {
  const matches = globMatcher(glob);
  const layers = [...new Set(points.flatMap((p) => /^layers\.\d+/.exec(p.name)?.[0] ?? []))];
  const missing = Object.entries(absent).find(([name]) =>
    /^(attention|mlp|residual)\./.test(name)
      ? layers.some((layer) => matches(`${layer}.${name}`))
      : matches(name),
  );
  const names = points.flatMap(namesOf);
  const [, module] = /^(.+)\.(?:weight|bias)$/.exec(glob) ?? [];
  if (module !== undefined && names.includes(module))
    return `no hook point "${glob}": it is a parameter, which session.parameter reads and editParameter changes; its gradient is had by parameters: in backward; its module is ${printNamed(module, points)}`;
  const printNearest = (names: readonly string[]) => printNamed(nearest(glob, names)[0]!, points);
  const beginning = /^layers\.\d+$/.test(glob) ? nearest(glob, layers)[0]! : glob.replace(/\.$/, "");
  if (missing === undefined)
    return `no hook point "${glob}": nearest is ${printBelow(beginning, points) ?? printNearest(names)}`;
  const [, why] = missing;
  const instead = points.map(({ name }) => name).filter((name) => namesInstead(why, name));
  return `no hook point "${glob}": ${why}; nearest is ${printNearest(instead.length > 0 ? instead : names)}`;
}

/** Whether the reason for an absent point names a point in its place. */
function namesInstead(why: string, name: string): boolean {
  const [, instead = ""] = why.split(": ");
  return instead.split(/[\s,]+/).includes(name.replace(/^layers\.\d+\./, ""));
}

/** The glob of several points, for who asked for what their names begin with; undefined where there are none. */
function printBelow(beginning: string, points: readonly HookPoint[]): string | undefined {
  const glob = `${beginning}.*`;
  const [first, ...others] = chosenBy(glob, points);
  if (first === undefined || others.length === 0) return undefined;
  return `${glob}, ${others.length + 1} points, of which the first is ${printPoint(first, points)}`;
}
