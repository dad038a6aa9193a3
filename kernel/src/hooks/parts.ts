import { beforeEdit, placesOf, type HookPoint } from "../graph/point.js";
import { forHook, type Acting } from "./acting.js";
import type { Capture } from "./capture.js";
import { select, type AbsentPoints, type AxisSlice, type Selection } from "./selector.js";

/** A part of a value that is captured. */
export interface CapturedPart {
  /** Name under which the run holds it. */
  readonly key: string;
  /** Name of the value: the point's, or that of the value before its edits. */
  readonly value: string;
  readonly selection: Selection;
  /** Name of the lasting hook that asks for it; undefined where the call's own does. */
  readonly lasting?: string | undefined;
}

type Asked = Omit<CapturedPart, "key"> & { readonly text: string };

/**
 * What captures choose, in forward order, each part of a point once; a value before its edits stands before the one after
 * them. A point's name is the key of the only part that is asked for, or of the whole; other parts have the entries behind
 * it, as `layers.0.attention.pattern[head=1]`. What lasting hooks ask for changes no key of the call's own.
 *
 * Throws one line when a selector matches nothing.
 */
export function captureParts(
  captures: readonly Acting<Capture>[],
  points: readonly HookPoint[],
  absent: AbsentPoints,
): CapturedPart[] {
  const byValue = new Map<string, Map<string, Asked>>();
  for (const hook of captures) {
    for (const selection of forHook(hook, () => select(hook.selector, points, absent))) {
      const { point, slices } = selection;
      const value = hook.when === "before" ? beforeEdit(point.name) : point.name;
      const parts = byValue.get(value) ?? new Map<string, Asked>();
      byValue.set(value, parts);
      const text = printSlices(point, slices);
      const earlier = parts.get(text);
      if (earlier === undefined || (earlier.lasting !== undefined && hook.lasting === undefined))
        parts.set(text, { value, selection, lasting: hook.lasting, text });
    }
  }
  const places = placesOf(points);
  const placeOf = ({ value, selection: { point } }: CapturedPart) =>
    2 * places.get(point.name)! + (value === point.name ? 1 : 0);
  return [...byValue.values()]
    .flatMap((parts) => keyed([...parts.values()]))
    .sort((a, b) => placeOf(a) - placeOf(b));
}

function keyed(parts: readonly Asked[]): CapturedPart[] {
  const isWhole = ({ text }: Asked) => text === "";
  const own = parts.filter(({ lasting }) => lasting === undefined);
  const named = own.length > 0 ? own : parts;
  const plain = named.find(isWhole) ?? (named.length === 1 ? named[0] : parts.find(isWhole));
  return parts.map((part) => {
    const { text, ...rest } = part;
    if (part === plain) return { key: part.value, ...rest };
    // The name is that of the call's own part, where a lasting hook captures the whole.
    return { key: `${part.value}${text || `[${part.selection.point.axes[0]}=:]`}`, ...rest };
  });
}

/** `[head=1, query=-1]`, in the order of the point's axes; nothing where all is chosen. */
export function printSlices({ axes }: HookPoint, slices: readonly AxisSlice[]): string {
  const chosen = slices
    .filter(({ entries }) => entries.kind === "indices" || entries.from !== null || entries.to !== null)
    .toSorted((a, b) => a.axis - b.axis)
    .map(({ axis, entries }) => {
      const which =
        entries.kind === "indices" ? entries.indices.join("|") : `${entries.from ?? ""}:${entries.to ?? ""}`;
      return `${axes[axis]}=${which}`;
    });
  return chosen.length === 0 ? "" : `[${chosen.join(", ")}]`;
}
