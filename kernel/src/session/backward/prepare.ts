import { additionsOf } from "../../engine/additions.js";
import type { ForwardStep } from "../../engine/wire/messages.js";
import { requestsOf, requestsText, type PointRequest } from "../../engine/wire/requests.js";
import { Memo } from "../../graph/memo.js";
import { gradientAt, placesOf, pointNamed, type HookPoint } from "../../graph/point.js";
import { printShape } from "../../graph/shape.js";
import { printNamed, printPoint } from "../../graph/printPoint.js";
import type { Value } from "../../graph/value.js";
import { forHook, type Acting } from "../../hooks/acting.js";
import type { GradientEdit } from "../../hooks/editGradient.js";
import { leaveOut } from "../../hooks/fires.js";
import type { CapturedPart } from "../../hooks/parts.js";
import { placeEdits, type ActingEdit } from "../../hooks/place.js";
import { resolve } from "../../hooks/resolve.js";
import { selectedShape } from "../../hooks/slice.js";
import { encodeEdit } from "../../hooks/wire.js";
import { traceStage, wholeModel } from "../../models/build.js";
import type { SelectedPositions } from "../../models/inputs.js";
import type { Model } from "../../models/model.js";
import { readoutPoint } from "../../models/readout.js";
import { chooseParameters, choosesParameters } from "../parameters/choose.js";
import { asRequest, boundShape, lastOnly, prepareForward, type ForwardRequest } from "../request.js";
import { printSelected } from "../selected.js";
import { lossReadout } from "./loss.js";
import { placeParameterEdits, type ParameterEdit } from "./parameterEdits.js";
import { checkReached, gradientNames } from "./reached.js";
import type { BackwardOptions } from "./types.js";

/** A point whose gradient is asked for, and the name under which the ranks return it. */
type KeyedSelection = Pick<CapturedPart, "key" | "selection">;

/** What one backward pass asks of the ranks, and what to do with the answers. */
export interface BackwardRequest extends ForwardRequest {
  readonly gradients: readonly KeyedSelection[];
  /** Weights whose gradients are asked for, by the name that was asked for: a tied head's is its table's. */
  readonly parameters: ReadonlyMap<string, string>;
  /** What is done to them here, in this order. */
  readonly parameterEdits: readonly ParameterEdit[];
}

/**
 * Works out what to ask for, by writing the whole model's gradient down once, here, without weights. Throws one line,
 * before anything runs, when a selector, a shape or a name does not fit, when an operator between has no derivative, or
 * when no gradient reaches what was asked for.
 */
export function prepareBackward(
  rows: readonly (readonly number[])[],
  options: BackwardOptions,
  points: readonly HookPoint[],
  model: Model,
): BackwardRequest {
  const { loss, read, given, trained, at = [], activations = "save", logits = "all" } = options;
  const { absent } = model.blueprint;
  if (typeof loss !== "function") throw new Error("backward needs a loss: a function of logits and captures");
  if (!["save", "recompute"].includes(activations))
    throw new Error(`activations "${activations}": choose save or recompute`);
  if ((logits as string) === "none")
    throw new Error('logits "none": a loss sees all, last, or listed positions');
  const hooks = (options.hooks ?? []).filter((hook) => hook.kind !== "editGradient");
  const readout = {
    ...(read && { read }),
    ...(given && { given }),
    ...(trained && { trained }),
    compute: lossReadout(loss),
  };
  const changes: readonly Acting<GradientEdit>[] = (options.hooks ?? []).filter(
    (hook) => hook.kind === "editGradient",
  );
  const ofParameters = changes.filter((hook) =>
    forHook(hook, () => choosesParameters(hook.selector, points, model)),
  );
  const ofPoints = changes.filter((each) => !ofParameters.includes(each));
  const lengths = rows.map((row) => row.length);
  const sizes = { lengths, positions: Math.max(...lengths) };
  const { placed: every, hosts } = placeEdits(ofPoints, points, absent, sizes, () => undefined);
  const ofLogits = every.find(({ point }) => point === "logits");
  const forward = prepareForward(
    rows,
    { hooks, logits, readout, hooksGradientOfLogits: ofLogits !== undefined },
    points,
    absent,
  );
  const shape = forward.shapes().get(readoutPoint("loss"))!;
  if (shape.length > 0)
    throw new Error(`loss returns f32 ${printShape(shape)}: it must be a scalar [], such as a sum or mean`);

  const leftOut = leaveOut(hooks, undefined, points, absent);
  for (const { point, lasting } of every)
    if (lasting === undefined) leftOut.check(pointNamed(points, point) as HookPoint);
  const places = placesOf(points);
  const gradients = resolve([at].flat(), points, absent).map((selection) => ({
    key: gradientAt(selection.point.name),
    selection,
  }));
  for (const { selection } of gradients) leftOut.check(selection.point);
  checkSlices(gradients, forward.step.select, lengths, points);
  const parameters = chooseParameters([options.parameters ?? []].flat(), model);
  const own = new Set(parameters.values());
  const parameterEdits = placeParameterEdits(ofParameters, own, points, model);
  const requests = gradients.map((each) => ({ ...asRequest(each, rows.length), point: each.key }));
  const stepWith = (edits: readonly ActingEdit[]): ForwardStep => ({
    ...forward.step,
    requests: requestsText([
      ...requestsOf(forward.step.requests).filter(({ key }) => key !== forward.logitsKey),
      ...requests.map((each) =>
        each.point === gradientAt("logits") ? seenOf(each, logits, ofLogits) : each,
      ),
    ]),
    gradient: {
      parameters: [...own],
      edits: edits.map(encodeEdit),
      activations,
      separate: [
        ...separated(
          [...gradients.map(({ selection }) => selection.point.name), ...edits.map(({ point }) => point)],
          model,
        ),
      ],
    },
  });
  // Parameters and modules may lie anywhere; hook points have their places.
  const isEverywhere = parameters.size > 0 || Object.keys(forward.trained).length > 0;
  const first = Math.min(...gradients.map(({ selection }) => places.get(selection.point.name) as number));
  const isBefore = ({ point }: ActingEdit) => !isEverywhere && (places.get(point) as number) < first;
  const all = stepWith(every);
  const named = gradientNames(all, points, model);
  // Nobody wrote a lasting one in the call: where nothing that is asked for follows from it, it takes no part.
  const placed = every.filter(
    (edit) => edit.lasting === undefined || (named.includes(gradientAt(edit.point)) && !isBefore(edit)),
  );
  const step = placed.length === every.length ? all : stepWith(placed);
  checkReached({ ...forward, step, gradients, parameters }, named, points, model);
  const idle = placed.find(isBefore);
  if (idle !== undefined) {
    const why =
      points[first] === undefined
        ? "no gradient is asked for"
        : `it comes before the first that is asked for, ${printPoint(points[first], points)}`;
    throw new Error(`editGradient at ${printNamed(idle.point, points)}, changes nothing: ${why}`);
  }
  const acting = new Set(placed.map(({ key }) => key));
  const called = new Map([...forward.hosts, ...[...hosts].filter(([key]) => acting.has(key))]);
  return { ...forward, hosts: called, step, logitsKey: undefined, gradients, parameters, parameterEdits };
}

/** Names of the hook points to which the gradient of a loss of the logits comes. */
export function differentiable(model: Model, points: readonly HookPoint[]): ReadonlySet<string> {
  const { step } = prepareForward(
    [[0]],
    { readout: { compute: ({ logits }) => ({ loss: logits.sum([0, 1, 2]) }) } },
    points,
    model.blueprint.absent,
  );
  const additions = additionsOf(
    { ...step, gradient: { parameters: [], edits: [], activations: "save" } },
    points,
  );
  const { graph } = traceStage(model.blueprint, wholeModel(model.blueprint), model.weight, additions);
  const gradients = new Set(graph.points.map(({ point }) => point.name));
  return new Set(points.map(({ name }) => name).filter((name) => gradients.has(gradientAt(name))));
}

/**
 * A gradient at the logits, of the positions that the loss sees. All have one where an edit acts on it. Throws one line where
 * those are not the same number from each row's end.
 */
function seenOf(request: PointRequest, seen: SelectedPositions, edit: ActingEdit | undefined): PointRequest {
  if (edit === undefined || seen === "all" || request.slices.some(({ axis }) => axis === 1)) return request;
  if (seen === "last") return { ...request, slices: [...request.slices, ...lastOnly] };
  return forHook(edit, () => {
    throw new Error(
      `gradient at logits ${printSelected(seen)}: an editGradient of the logits sees all, ask for all or last`,
    );
  });
}

/** Throws one line when a selection does not fit the run's rows, or chooses among logits that are not all computed. */
function checkSlices(
  gradients: readonly KeyedSelection[],
  computed: SelectedPositions,
  lengths: readonly number[],
  points: readonly HookPoint[],
): void {
  const some = gradients.find(
    ({ selection: { point, slices } }) =>
      point.name === "logits" && slices.some(({ axis }) => point.axes[axis] === "position"),
  );
  if (computed !== "all" && some !== undefined)
    throw new Error(
      `gradient at ${printPoint(some.selection.point, points, some.selection.selector)}: positions are those of all logits, and not ${printSelected(computed)}: ask for all`,
    );
  const [batch, positions] = [lengths.length, Math.max(...lengths)];
  for (const { selection } of gradients)
    selectedShape(selection, boundShape(selection.point, batch, positions), lengths);
}

const known = new Memo<readonly string[]>(100);

/** Those of some hook points that name a value once more, such as what one module reads of it. */
function separated(names: readonly string[], model: Model): readonly string[] {
  return known.of(model, names.join(" "), () => {
    const { blueprint, weight } = model;
    const values = new Set<Value>();
    const { points } = traceStage(blueprint, wholeModel(blueprint), weight).graph;
    return points.flatMap(({ point, value }) => {
      const isNamed = values.has(value);
      values.add(value);
      // Where layers meet, the stream is one value under two names.
      const isStream = point.name.endsWith(".residual.in");
      return isNamed && !isStream && names.includes(point.name) ? [point.name] : [];
    });
  });
}
