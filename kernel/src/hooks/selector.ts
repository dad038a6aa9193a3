import picomatch from "picomatch";
import { Memo } from "../graph/memo.js";
import { nearest } from "../graph/nearest.js";
import type { Axis, HookPoint } from "../graph/point.js";
import { printAxes, printPoint } from "../graph/printPoint.js";

/** Which entries of one axis: single indices, or a half-open range with open ends. Negative counts from each row's end. */
export type Entries =
  | { readonly kind: "indices"; readonly indices: readonly number[] }
  | { readonly kind: "range"; readonly from: number | null; readonly to: number | null };

export interface AxisSlice {
  readonly axis: number;
  readonly entries: Entries;
}

/** A hook point that a selector chose, and the part of it that is wanted. Plain data. */
export interface Selection {
  readonly selector: string;
  readonly point: HookPoint;
  readonly slices: readonly AxisSlice[];
}

/** Names of this architecture's points that do not exist in this model, a layer's without the layer, and why. */
export type AbsentPoints = Readonly<Record<string, string>>;

/**
 * Hook points chosen by a selector: `GLOB` or `GLOB[axis=entries, …]`.
 *
 * The glob is matched against canonical names and Hugging Face module paths; `*` stands for any characters, dots
 * included, `{a,b}` for either, and `4-8` between dots for layers 4 to 8. Entries are an index (`head=3`), several
 * (`head=0|3|5`, ascending), or a half-open range (`position=2:5`, `position=-3:`). Axes keep their place; an index
 * leaves an axis of size one.
 *
 * Throws one line naming the nearest point when nothing matches, or the point's axes when a slice does not fit.
 */
export function select(
  selector: string,
  points: readonly HookPoint[],
  absent: AbsentPoints = {},
): readonly Selection[] {
  return known.of(points, selector, () => choose(selector, points, absent));
}

/** Matching a selector against every point of a deep model takes long. */
const known = new Memo<readonly Selection[]>(1000);

function choose(selector: string, points: readonly HookPoint[], absent: AbsentPoints): Selection[] {
  const { glob, slices } = parse(selector);
  const matches = globMatcher(glob);
  const matching = points.filter((p) => [p.name, ...p.aliases].some((name) => matches(name)));
  if (matching.length === 0) throw new Error(noPoint(glob, points, absent));
  return matching.map((point) => ({
    selector,
    point,
    slices: slices.map((s) => place(selector, point, s)),
  }));
}

/** Whether a name is one that a glob of `select`'s grammar chooses. Throws one line for a glob of what it does not choose. */
export function globMatcher(glob: string): (name: string) => boolean {
  if (glob.startsWith("!"))
    throw new Error(`"${glob}": what is left out cannot be said by "!": name what is chosen`);
  const matches = picomatch(expandRanges(glob), { dot: true });
  return (name) => matches(name);
}

function noPoint(glob: string, points: readonly HookPoint[], absent: AbsentPoints): string {
  const matches = globMatcher(glob);
  const layers = [...new Set(points.flatMap((p) => /^layers\.\d+\./.exec(p.name)?.[0] ?? []))];
  const missing = Object.entries(absent).find(([name]) =>
    /^(attention|mlp|residual)\./.test(name)
      ? layers.some((layer) => matches(`${layer}${name}`))
      : matches(name),
  );
  if (missing) return `no hook point "${glob}": ${missing[1]}`;
  const names = points.flatMap((p) => [p.name, ...p.aliases]);
  const [, module] = /^(.+)\.(?:weight|bias)$/.exec(glob) ?? [];
  if (module !== undefined && names.includes(module))
    return `no hook point "${glob}": it is a parameter, which session.parameter reads and editParameter changes; its gradient is had by parameters: in backward`;
  const [closest] = nearest(glob, names);
  const point = points.find((p) => p.name === closest || p.aliases.includes(closest!))!;
  return `no hook point "${glob}": nearest is ${printPoint(point, points, closest)}`;
}

interface NamedSlice {
  readonly axis: string;
  readonly entries: Entries;
}

function parse(selector: string): { glob: string; slices: NamedSlice[] } {
  const match = /^([^[\]]+)(?:\[([^[\]]+)\])?$/.exec(selector.trim());
  if (!match) throw new Error(`selector "${selector}" is not of the form name or name[axis=entries, …]`);
  const glob = match[1]!.trim();
  const slices = (match[2] ?? "")
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part) => parseSlice(selector, part));
  const twice = slices.find(({ axis }, i) => slices.findIndex((each) => each.axis === axis) < i);
  if (twice !== undefined)
    throw new Error(
      `selector "${selector}" names ${twice.axis} twice: several entries are ${twice.axis}=0|3, or ${twice.axis}=2:5`,
    );
  return { glob, slices };
}

function parseSlice(selector: string, part: string): NamedSlice {
  const match = /^\s*(\w+)\s*=\s*(?:(-?\d+(?:\|-?\d+)*)|(-?\d+)?:(-?\d+)?)\s*$/.exec(part);
  if (!match) {
    throw new Error(`selector "${selector}": "${part.trim()}" is not axis=3, axis=0|3 or axis=2:5`);
  }
  const [, axis, indices, from, to] = match;
  if (indices !== undefined) {
    return { axis: axis!, entries: { kind: "indices", indices: indices.split("|").map(Number) } };
  }
  const end = (text: string | undefined) => (text === undefined ? null : Number(text));
  return { axis: axis!, entries: { kind: "range", from: end(from), to: end(to) } };
}

function place(selector: string, point: HookPoint, { axis, entries }: NamedSlice): AxisSlice {
  const at = point.axes.indexOf(axis as Axis);
  if (at < 0) {
    throw new Error(
      `selector "${selector}": ${point.name} has no axis "${axis}", its axes are ${printAxes(point)}`,
    );
  }
  const size = point.shape[at];
  if (entries.kind === "indices") {
    const outside = entries.indices.find((i) => typeof size === "number" && (i >= size || i < -size));
    if (outside !== undefined) {
      throw new Error(
        `selector "${selector}": ${axis} ${outside} is outside the ${size} of ${point.name} ${printAxes(point)}`,
      );
    }
    // Where only the run knows the size, those that count from the end are taken to come last; it checks that they do.
    const end = typeof size === "number" ? size : 2 ** 31;
    const places = entries.indices.map((i) => (i < 0 ? i + end : i));
    if (places.some((at, i) => i > 0 && at <= places[i - 1]!))
      throw new Error(
        `selector "${selector}": indices ${entries.indices.join("|")} are not ascending${typeof size === "number" ? ` among ${size}` : ""}`,
      );
  }
  return { axis: at, entries };
}

/** `layers.4-8.x` → `layers.@(4|5|6|7|8).x` */
function expandRanges(glob: string): string {
  return glob.replace(/(?<=^|\.)(\d+)-(\d+)(?=\.|$)/g, (_, from: string, to: string) => {
    const count = Number(to) - Number(from) + 1;
    if (count < 1) throw new Error(`selector "${glob}": layers ${from}-${to} are none`);
    return `@(${Array.from({ length: count }, (_, i) => Number(from) + i).join("|")})`;
  });
}
