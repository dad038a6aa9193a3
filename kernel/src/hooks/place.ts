import type { HookPoint } from "../graph/point.js";
import { elementCount, stridesOf } from "../graph/rowMajor.js";
import type { PlacedEdit } from "./apply.js";
import { absolute } from "./absolute.js";
import { forHook, type Acting } from "./acting.js";
import type { Edit } from "./edit.js";
import type { GradientEdit } from "./editGradient.js";
import { checkFits } from "./fits.js";
import type { HostCall } from "./hostEdit.js";
import type { Given, Intervention } from "./intervention.js";
import { recordEdit } from "./record.js";
import { select } from "./selector.js";
import type { AbsentPoints, Selection } from "./selector.js";
import { indexLists } from "./indexLists.js";
import { selectedShape } from "./slice.js";

/** Sizes of the run that the edits are for: rows with their lengths, padded to `positions` tokens. */
export interface RunSizes {
  readonly lengths: readonly number[];
  readonly positions: number;
  /** Whether keys of earlier passes are kept, or kept for later ones: attention then has other keys than positions. */
  readonly keepsKeys?: boolean;
}

/** An edit at one point, with the name of the lasting hook that it is; undefined for a call's own. */
export type ActingEdit = PlacedEdit & { readonly lasting?: string | undefined };

/**
 * Edits at each point they choose, checked against the run's shapes: traced functions written down, given tensors
 * laid out over the whole value, functions of the host by the key under which the ranks will ask for them. Throws one
 * line when a selector, a shape or a function does not fit.
 *
 * @param check throws one line for a point that does not fire
 */
export function placeEdits(
  edits: readonly Acting<Edit | GradientEdit>[],
  points: readonly HookPoint[],
  absent: AbsentPoints,
  sizes: RunSizes,
  check: (point: HookPoint) => void,
): { placed: ActingEdit[]; hosts: Map<string, HostCall> } {
  const placed: ActingEdit[] = [];
  const hosts = new Map<string, HostCall>();
  const place = ({ kind, selector, change, lasting }: Acting<Edit | GradientEdit>) => {
    for (const selection of select(selector, points, absent)) {
      const { point, slices: chosen } = selection;
      check(point);
      const shape = wholeShape(point, sizes);
      const part = selectedShape(selection, shape, sizes.lengths);
      // What leaves the ranks is put together again in their order.
      const slices =
        change.kind === "host"
          ? chosen.map((slice) => absolute(selection, slice, sizes.lengths.length))
          : chosen;
      const key = `${kind === "edit" ? "e" : "g"}${placed.length}`;
      const intervention = placedChange(change, selection, shape, part, sizes);
      if (change.kind === "host") {
        const { name, layer } = point;
        hosts.set(key, { kind, selector, point: name, layer, function: change.function, lasting });
      }
      placed.push({ key, point: point.name, slices, intervention, lasting });
    }
  };
  for (const edit of edits) forHook(edit, () => place(edit));
  return { placed, hosts };
}

function placedChange(
  change: Edit["change"],
  selection: Selection,
  shape: readonly number[],
  part: readonly number[],
  sizes: RunSizes,
): PlacedEdit["intervention"] {
  if (change.kind === "host") return { kind: "host" };
  if (change.kind === "function")
    return { kind: "traced", program: recordEdit(selection, change, sizes.keepsKeys) };
  return laidOut(change, selection, shape, part, sizes);
}

function wholeShape(point: HookPoint, { lengths, positions }: RunSizes): number[] {
  return point.shape.map((size) =>
    typeof size === "number" ? size : size === "batch" ? lengths.length : positions,
  );
}

function laidOut(
  change: Intervention,
  selection: Selection,
  shape: readonly number[],
  part: readonly number[],
  sizes: RunSizes,
): Intervention {
  checkFits(change, selection, part, shape);
  if (change.kind !== "add" && change.kind !== "set") return change;
  return { ...change, value: spreadOut(change.value, selection, shape, sizes) };
}

/** Put each entry of a tensor, which fits the selected part, where that part lies in the whole value. */
function spreadOut(
  value: Given,
  { point, slices }: Selection,
  shape: readonly number[],
  { lengths }: RunSizes,
): Given {
  const from = [...Array.from({ length: shape.length - value.shape.length }, () => 1), ...value.shape];
  const moved = new Set(slices.filter(({ axis }) => from[axis]! > 1).map(({ axis }) => axis));
  if (moved.size === 0) return value;
  // Where rows are alike, what lies in one of them broadcasts to all.
  const isAlike = lengths.every((n) => n === lengths[0]) && slices.every(({ axis }) => axis !== 0);
  const batch = isAlike && from[0] === 1 ? 1 : shape[0]!;
  const to = from.map((size, axis) => (axis === 0 ? batch : moved.has(axis) ? shape[axis]! : size));
  const [fromStrides, toStrides] = [stridesOf(from), stridesOf(to)];
  const data = new Float32Array(elementCount(to));
  for (let row = 0; row < batch; row++) {
    const lists = indexLists(shape, slices, { axes: point.axes, lengths }, row);
    if (!lists[0]!.includes(row)) continue;
    // Of chosen rows the tensor has those only, in their order.
    const given = moved.has(0) ? lists[0]!.indexOf(row) : row;
    const walk = (axis: number, source: number, target: number): void => {
      if (axis === to.length) {
        data[target] = value.data[source]!;
        return;
      }
      const count = from[axis]!;
      for (let i = 0; i < count; i++) {
        const place = moved.has(axis) ? lists[axis]![i]! : i;
        walk(axis + 1, source + i * fromStrides[axis]!, target + place * toStrides[axis]!);
      }
    };
    walk(1, from[0]! > 1 ? given * fromStrides[0]! : 0, row * toStrides[0]!);
  }
  return { shape: to, data };
}
