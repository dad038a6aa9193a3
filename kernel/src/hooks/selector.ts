import { Memo } from "../graph/memo.js";
import type { Axis, HookPoint } from "../graph/point.js";
import { printPoint } from "../graph/printPoint.js";
import { checkNumbers, chosenBy, namesOf } from "./glob.js";
import { noPoint, type AbsentPoints } from "./noPoint.js";
import { printReturned } from "./returned.js";

export type { AbsentPoints };

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
  /** All points of the model, in forward order, so that errors say where the point stands. */
  readonly points: readonly HookPoint[];
}

/**
 * Hook points chosen by a selector: `GLOB` or `GLOB[axis=entries, …]`.
 *
 * The glob is matched against canonical names and Hugging Face module paths; `*` stands for any characters, dots
 * included, `{a,b}` for either, and `4-8` between dots for layers 4 to 8, all of which there must be. Entries are an index (`head=3`), several
 * (`head=0|3|5`, ascending), or a half-open range (`position=2:5`, `position=-3:`). Axes keep their place; an index
 * leaves an axis of size one.
 *
 * Throws one line naming the nearest point when nothing matches, or the point when a slice does not fit, with its axes and
 * its place in the forward pass.
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
  const matching = chosenBy(glob, points);
  if (matching.length === 0) throw new Error(noPoint(glob, points, absent));
  checkNumbers(glob, points.flatMap(namesOf));
  return matching.map((point) => ({
    selector,
    point,
    slices: slices.map((s) => place(selector, point, points, s)),
    points,
  }));
}

interface NamedSlice {
  readonly axis: string;
  readonly entries: Entries;
}

function parse(selector: string): { glob: string; slices: NamedSlice[] } {
  if (typeof selector !== "string")
    throw new Error(`selector ${printReturned(selector)}: give a name, such as "layers.0.mlp.output"`);
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

function place(
  selector: string,
  point: HookPoint,
  points: readonly HookPoint[],
  { axis, entries }: NamedSlice,
): AxisSlice {
  const at = point.axes.indexOf(axis as Axis);
  if (at < 0) {
    throw new Error(`selector "${selector}": "${axis}" is no axis of ${printPoint(point, points)}`);
  }
  const size = point.shape[at];
  if (entries.kind === "indices") {
    const outside = entries.indices.find((i) => typeof size === "number" && (i >= size || i < -size));
    if (outside !== undefined) {
      throw new Error(
        `selector "${selector}": ${axis} ${outside} is outside the ${size} of ${printPoint(point, points)}`,
      );
    }
    // Where only the run knows the size, those that count from the end are taken to come last; it checks that they do.
    const end = typeof size === "number" ? size : 2 ** 31;
    const places = entries.indices.map((i) => (i < 0 ? i + end : i));
    if (places.some((at, i) => i > 0 && at <= places[i - 1]!))
      throw new Error(
        `selector "${selector}": indices ${entries.indices.join("|")} are not ascending${typeof size === "number" ? ` among ${size}` : ""} at ${printPoint(point, points)}`,
      );
  }
  return { axis: at, entries };
}
