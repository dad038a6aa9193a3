import type { ForwardStep } from "../engine/wire/messages.js";
import { requestsText, type PointRequest } from "../engine/wire/requests.js";
import { Memo } from "../graph/memo.js";
import { pointNamed, pointOf } from "../graph/point.js";
import type { HookPoint } from "../graph/point.js";
import { elementBytes } from "../graph/dtype.js";
import { elementCount } from "../graph/rowMajor.js";
import { absolute } from "../hooks/absolute.js";
import { forHook, type Acting } from "../hooks/acting.js";
import { leaveOut } from "../hooks/fires.js";
import type { Edit } from "../hooks/edit.js";
import { checkKind } from "../hooks/hook.js";
import type { HostCall } from "../hooks/hostEdit.js";
import { captureParts, type CapturedPart } from "../hooks/parts.js";
import { placeEdits, type ActingEdit } from "../hooks/place.js";
import type { AbsentPoints } from "../hooks/selector.js";
import { selectedShape } from "../hooks/slice.js";
import { moduleTensors, trainedTensors, type Tensors } from "../hooks/trained.js";
import { encodeEdit, encodeTensor } from "../hooks/wire.js";
import { selectedCount, type SelectedPositions } from "../models/inputs.js";
import { readoutPoint } from "../models/readout.js";
import { prepareReadout } from "./readout.js";
import { checkSelected, printSelected } from "./selected.js";
import type { Estimate, ForwardOptions } from "./types.js";

/** What one forward pass asks of the ranks, and what to do with the answers. */
export interface ForwardRequest {
  readonly step: ForwardStep;
  readonly captures: readonly CapturedPart[];
  /** Edits of values, as the step has them. */
  readonly edits: readonly ActingEdit[];
  /** Edits that are made here, by the key under which the ranks ask for them. */
  readonly hosts: ReadonlyMap<string, HostCall>;
  /** Tensors of the trained modules that take part, by module and name. */
  readonly trained: Readonly<Record<string, Tensors>>;
  /** Key of the logits that the run itself shows, undefined when it shows none. */
  readonly logitsKey: string | undefined;
  /** Keys of what the readout returns. */
  readonly readouts: readonly string[];
  /** Shapes of everything that comes back, by key, worked out when they are asked for. */
  shapes(): ReadonlyMap<string, readonly number[]>;
}

const logits = "logits";
/** No hook point has such a name. */
const runLogits = "run:logits";

/**
 * Works out what to ask for. Throws one line, before anything runs, when a selector or an index does not fit.
 *
 * @param kept how many keys come before those of the pass, where keys are kept; undefined where none are
 */
export function prepareForward(
  rows: readonly (readonly number[])[],
  options: ForwardOptions & { readonly hooksGradientOfLogits?: boolean },
  points: readonly HookPoint[],
  absent: AbsentPoints,
  kept?: number,
): ForwardRequest {
  const hooks: readonly Acting[] = options.hooks ?? [];
  hooks.forEach(checkKind);
  const stepped = hooks.find((hook) => hook.kind !== "skip" && hook.steps !== undefined);
  if (stepped !== undefined)
    throw new Error(
      `${stepped.kind} "${stepped.selector}" is for some steps: forward and backward passes have none, generate has`,
    );
  const { stopAfter } = options;
  const wanted = options.logits ?? (stopAfter === undefined ? "all" : "none");
  checkSelected(wanted, rows);
  if (stopAfter !== undefined && wanted !== "none")
    throw new Error(`logits ${printSelected(wanted)}: there are none when the run stops after ${stopAfter}`);
  if (stopAfter !== undefined && options.readout !== undefined)
    throw new Error(`readout: there are no logits to read when the run stops after ${stopAfter}`);
  const leftOut = leaveOut(hooks, stopAfter, points, absent);
  const lengths = rows.map((row) => row.length);
  const named = (name: string) => pointNamed(points, name) as HookPoint;
  const positions = Math.max(...lengths);
  const changes = hooks.filter((hook) => hook.kind === "edit");
  const sizes = { lengths, positions, keepsKeys: kept !== undefined };
  const { placed: edits, hosts } = placeEdits(changes, points, absent, sizes, leftOut.check);
  const captures = keyed(hooks, points, absent);
  for (const part of captures) forHook(part, () => leftOut.check(part.selection.point));
  // A hook on the logits means those of every position; the run's own are then a part of them.
  const hooked =
    captures.find(({ selection }) => selection.point.name === logits) ??
    edits.find(({ point }) => point === logits);
  const isHooked = hooked !== undefined || options.hooksGradientOfLogits === true;
  if (hooked !== undefined && typeof wanted !== "string")
    forHook(hooked, () => {
      throw new Error("logits at listed positions: a hook on the logits sees all, ask for all or last");
    });
  const selected = isHooked ? "all" : wanted;
  const modules = modulesOf(options.readout?.trained);
  const readout =
    options.readout &&
    prepareReadout(options.readout, modules, points, absent, {
      rows,
      selected: selected === "none" ? positions : selectedCount(selected, positions),
      sees: isHooked ? positionsOf(wanted, lengths) : undefined,
    });
  for (const name of readout?.step.reads ?? []) leftOut.check(named(name));
  const select = selected === "none" && readout?.readsLogits ? "all" : selected;
  const own: PointRequest[] =
    wanted === "none"
      ? []
      : [{ key: runLogits, point: logits, slices: isHooked && wanted === "last" ? lastOnly : [] }];
  const edited = new Set(edits.map(({ point }) => point));
  const requests = [
    ...captures.map((part): PointRequest => {
      const { name } = part.selection.point;
      // Before and after are told apart only where something is edited.
      const point = edited.has(name) ? part.value : name;
      return { ...asRequest(part, rows.length), point };
    }),
    ...own,
  ];
  const shapeOf = ({ point: name, slices }: PointRequest, { selector = name } = {}): number[] => {
    const point = named(pointOf(name));
    const length = name === logits ? selectedCount(select, positions) : positions;
    return selectedShape(
      { selector, point, slices, points },
      boundShape(point, rows.length, length, kept),
      lengths,
    );
  };
  // Entries that a row does not have are refused now; most requests are of whole values, which all rows have.
  requests.forEach((request, i) => {
    const part = captures[i];
    if (request.slices.length > 0) forHook(part ?? {}, () => shapeOf(request, part?.selection));
  });
  const trained = [...trainedTensors(changes, modules)].map(
    ([name, tensor]) => [name, { dtype: "f32", ...tensor }] as const,
  );
  const tensors = [...(readout?.tensors ?? []), ...trained].map(
    ([name, tensor]) => [name, encodeTensor(tensor)] as const,
  );
  const step: ForwardStep = {
    rows: rows.map((row) => [...row]),
    select: typeof select === "string" ? select : select.map((row) => [...row]),
    requests: requestsText(requests),
    edits: edits.map(encodeEdit),
    ...(leftOut.layers.length > 0 && { skip: [...leftOut.layers] }),
    ...(tensors.length > 0 && { tensors: Object.fromEntries(tensors) }),
    ...(readout && { readout: readout.step }),
  };
  const returned = [...(readout?.shapes ?? [])].map(([name, shape]) => [readoutPoint(name), shape] as const);
  return {
    step,
    captures,
    edits,
    hosts,
    trained: { ...modulesIn(changes), ...modules },
    logitsKey: wanted === "none" ? undefined : runLogits,
    readouts: returned.map(([name]) => name),
    shapes: () => new Map([...requests.map((each) => [each.key, shapeOf(each)] as const), ...returned]),
  };
}

/** Trained modules of edits. */
function modulesIn(edits: readonly Edit[]): Record<string, Tensors> {
  const modules = edits.flatMap(({ change }) =>
    change.kind === "function" && change.module ? [change.module] : [],
  );
  return Object.fromEntries(modules.map(({ name, tensors }) => [name, tensors]));
}

/** Trained modules given to a readout, copied. */
function modulesOf(given: NonNullable<ForwardOptions["readout"]>["trained"] = {}): Record<string, Tensors> {
  return Object.fromEntries(
    Object.entries(given).map(([name, values]) => [name, moduleTensors(name, values)]),
  );
}

/** Bytes that a request brings back. */
export function estimateBytes({ shapes }: ForwardRequest): Estimate {
  const points = [...shapes()].map(([key, shape]) => ({
    name: key === runLogits ? logits : key,
    shape,
    bytes: elementCount(shape) * elementBytes.f32,
  }));
  return { points, bytes: points.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Positions by row of some selected logits; undefined where they are all, or none. */
function positionsOf(
  wanted: SelectedPositions,
  lengths: readonly number[],
): readonly (readonly number[])[] | undefined {
  if (typeof wanted !== "string") return wanted;
  return wanted === "last" ? lengths.map((length) => [length - 1]) : undefined;
}

/** The last position of the logits. */
export const lastOnly: PointRequest["slices"] = [{ axis: 1, entries: { kind: "indices", indices: [-1] } }];

const known = new Memo<readonly CapturedPart[]>(100);

/** What the capture hooks choose. */
function keyed(
  hooks: readonly Acting[],
  points: readonly HookPoint[],
  absent: AbsentPoints,
): readonly CapturedPart[] {
  const captures = hooks.filter((hook) => hook.kind === "capture");
  const asked = captures.map(({ selector, when, lasting }) => [selector, when, lasting]);
  return known.of(points, JSON.stringify(asked), () => captureParts(captures, points, absent));
}

/** What the ranks are asked for, under the name of the point. */
export function asRequest(
  { key, selection }: Pick<CapturedPart, "key" | "selection">,
  batch: number,
): PointRequest {
  return {
    key,
    point: selection.point.name,
    slices: selection.slices.map((slice) => absolute(selection, slice, batch)),
  };
}

/** Shape of a whole value in a pass over so many rows, padded to so many positions, after so many keys. */
export function boundShape(point: HookPoint, batch: number, positions: number, earlierKeys = 0): number[] {
  return point.shape.map((size, axis) => {
    if (typeof size === "number") return size;
    if (size === "batch") return batch;
    return point.axes[axis] === "key" ? earlierKeys + positions : positions;
  });
}
