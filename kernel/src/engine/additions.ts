import { allRows } from "../graph/gather.js";
import { pointOf, type HookPoint } from "../graph/point.js";
import { applyEdit, applyGradientEdit } from "../hooks/apply.js";
import { replay } from "../hooks/program.js";
import { decodeEdit, structureOf, type WireEdit } from "../hooks/wire.js";
import type { StageGradient } from "../models/backward.js";
import type { Additions } from "../models/build.js";
import { selectedCount } from "../models/inputs.js";
import type { Readout } from "../models/readout.js";
import type { PointEditor } from "../models/trace.js";
import type { ForwardStep } from "./wire/messages.js";

/**
 * What a step adds to the model's own graph: its edits, readout and gradient.
 *
 * @param points all hook points of the model as the ranks hold them
 */
export function additionsOf(step: ForwardStep, points: readonly HookPoint[]): Additions {
  return {
    edit: editorOf(step.edits, applyEdit),
    readout: step.readout && readoutOf(step, points),
    gradient: step.gradient && gradientOf(step.gradient),
  };
}

/** What of a step is part of the graph: steps of equal structure run in the same compiled segments. */
export function stepStructure(step: ForwardStep): string {
  const { edits, readout, gradient, cache, skip = [], weights = [] } = step;
  const backward = gradient && { ...gradient, edits: gradient.edits.map(structureOf) };
  const sizes = readout && sizesOf(step);
  return JSON.stringify([
    cache !== undefined,
    skip,
    weights,
    edits.map(structureOf),
    readout,
    sizes,
    backward,
  ]);
}

function editorOf(edits: readonly WireEdit[], apply: typeof applyEdit): PointEditor | undefined {
  if (edits.length === 0) return undefined;
  const placed = edits.map(decodeEdit);
  return (value, point, place) => {
    const own = placed.filter((edit) => pointOf(edit.point) === point.name);
    if (own.length === 0) return value;
    const edited = own.reduce((x, edit) => apply(x, point, place, edit), value);
    // An edit that changes nothing still has a value before it and one after it.
    return edited === value ? value.graph.apply("Identity", [value], value.dtype, value.shape) : edited;
  };
}

function readoutOf(step: ForwardStep, points: readonly HookPoint[]): Readout {
  const { reads, program } = step.readout!;
  return {
    reads: points.filter(({ name }) => reads.includes(name) && name !== "logits"),
    sizes: sizesOf(step),
    compute: (graph, values, unembed) => replay(program, graph, Object.fromEntries(values), { unembed }),
  };
}

function gradientOf({
  parameters,
  edits,
  activations,
  boundary = [],
  separate = [],
}: NonNullable<ForwardStep["gradient"]>): StageGradient {
  return {
    parameters: new Set(parameters),
    activations,
    boundary,
    separate: new Set(separate),
    edit: editorOf(edits, applyGradientEdit),
  };
}

/** What the symbols in the shapes of whole values are in a run. */
function sizesOf({ rows, select }: Pick<ForwardStep, "rows" | "select">): Record<string, number> {
  const position = Math.max(...rows.map((row) => row.length));
  const selected = selectedCount(select, position);
  return { batch: rows.length, [allRows]: rows.length, position, selected };
}
