import type { HookPoint } from "../graph/point.js";
import { printPoint } from "../graph/printPoint.js";
import { printShape, type Dim, type Shape } from "../graph/shape.js";
import type { GradientEdit } from "./editGradient.js";
import { checkKind, type Hook } from "./hook.js";
import type { Given, Intervention } from "./intervention.js";
import { recordEdit } from "./record.js";
import { select, type AbsentPoints, type Selection } from "./selector.js";
import { selectLayers } from "./skip.js";
import { selectedShape } from "./slice.js";

/**
 * Throws one line for a hook that fits no run of the model: its points, and of its entries and tensors what does not
 * depend on the rows of a run.
 */
export function checkHook(
  hook: Hook | GradientEdit,
  points: readonly HookPoint[],
  absent: AbsentPoints,
): void {
  if (hook.kind !== "editGradient") checkKind(hook);
  if (hook.kind === "skip") {
    selectLayers(hook.selector, points);
    return;
  }
  for (const selection of select(hook.selector, points, absent)) {
    const { point } = selection;
    const part = partOfAny(selection);
    if (hook.kind === "capture" || hook.change.kind === "host") continue;
    if (hook.change.kind === "function") recordEdit(selection, hook.change);
    else checkFits(hook.change, selection, part, point.shape);
  }
}

/** Shape of the selected part as far as it is the same in every run. */
function partOfAny(selection: Selection): Dim[] {
  const { point, slices } = selection;
  const { shape } = point;
  const isFixed = (axis: number) => typeof shape[axis] === "number";
  const sizes = selectedShape(
    { ...selection, slices: slices.filter(({ axis }) => isFixed(axis)) },
    shape.map((size) => (typeof size === "number" ? size : 1)),
    [1],
  );
  return shape.map((size, axis) => {
    if (isFixed(axis)) return sizes[axis]!;
    const entries = slices.find((slice) => slice.axis === axis)?.entries;
    return entries?.kind === "indices" ? entries.indices.length : size;
  });
}

/** Throws one line when an intervention does not fit the selected part of a point; sizes that are words may be any. */
export function checkFits(change: Intervention, selection: Selection, part: Shape, whole: Shape): void {
  const { point, points } = selection;
  switch (change.kind) {
    case "add":
    case "set":
      checkBroadcast(change.value, part, selection);
      return;
    case "project":
      checkDirection(change.direction.shape[0]!, selection, whole.at(-1)!);
      return;
    case "mean": {
      const foreign = change.over.find((axis) => !point.axes.includes(axis));
      if (foreign)
        throw new Error(`mean over "${foreign}", which is no axis of ${printPoint(point, points)}`);
    }
  }
}

function checkBroadcast(value: Given, part: Shape, { point, points }: Selection): void {
  const skip = part.length - value.shape.length;
  const fits = (size: number, of: Dim) => size === 1 || typeof of === "string" || size === of;
  if (skip < 0 || !value.shape.every((size, i) => fits(size, part[skip + i]!)))
    throw new Error(
      `tensor of shape ${printShape(value.shape)} at ${printPoint(point, points)}: the selected part is ${printShape(part)}${besideEachOther(value.shape.at(-1), point, part)}`,
    );
}

/** A hint where units are as many as those of all heads: a module's output has the heads side by side in one axis. */
function besideEachOther(units: number | undefined, { axes }: HookPoint, part: Shape): string {
  const [heads, size] = [part[axes.indexOf("head")], part.at(-1)];
  if (axes.at(-1) !== "unit" || typeof heads !== "number" || typeof size !== "number") return "";
  return heads * size === units
    ? `: heads have an axis of their own here, give ${units} units as [${heads}, 1, ${size}]`
    : "";
}

function checkDirection(units: number, { point, points }: Selection, last: Dim): void {
  if (typeof last === "string" || units === last) return;
  const heads = point.shape[point.axes.indexOf("head")];
  // A module's output has the heads side by side in one axis.
  const hint =
    typeof heads === "number" && heads * last === units
      ? `: heads have an axis of their own here, over all of which a traced function can project`
      : "";
  throw new Error(
    `direction of ${units} units at ${printPoint(point, points)}: its last axis has ${last}${hint}`,
  );
}
