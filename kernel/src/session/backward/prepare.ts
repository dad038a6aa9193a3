import { additionsOf } from "../../engine/additions.js";
import type { ForwardStep } from "../../engine/wire/messages.js";
import { requestsOf, requestsText } from "../../engine/wire/requests.js";
import { gradientAt, placesOf, type HookPoint } from "../../graph/point.js";
import { printShape } from "../../graph/shape.js";
import { printNamed, printPoint } from "../../graph/printPoint.js";
import type { Value } from "../../graph/value.js";
import { leaveOut } from "../../hooks/fires.js";
import type { PlacedEdit } from "../../hooks/apply.js";
import type { CapturedPart } from "../../hooks/parts.js";
import { placeEdits } from "../../hooks/place.js";
import { resolve } from "../../hooks/resolve.js";
import { selectedShape } from "../../hooks/slice.js";
import { encodeEdit } from "../../hooks/wire.js";
import { traceStage, wholeModel } from "../../models/build.js";
import type { SelectedPositions } from "../../models/inputs.js";
import type { Model } from "../../models/model.js";
import { readoutPoint } from "../../models/readout.js";
import { chooseParameters, choosesParameters } from "../parameters/choose.js";
import { asRequest, boundShape, prepareForward, type ForwardRequest } from "../request.js";
import { printSelected } from "../selected.js";
import { lossReadout } from "./loss.js";
import { placeParameterEdits, type ParameterEdit } from "./parameterEdits.js";
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
  const forward = prepareForward(rows, { hooks, logits, readout }, points, absent);
  const shape = forward.shapes().get(readoutPoint("loss"))!;
  if (shape.length > 0)
    throw new Error(`loss returns f32 ${printShape(shape)}: it must be a scalar [], such as a sum or mean`);

  const lengths = rows.map((row) => row.length);
  const changes = (options.hooks ?? []).filter((hook) => hook.kind === "editGradient");
  const ofParameters = changes.filter(({ selector }) => choosesParameters(selector, points, model));
  const ofPoints = changes.filter((each) => !ofParameters.includes(each));
  const leftOut = leaveOut(hooks, undefined, points, absent);
  const sizes = { lengths, positions: Math.max(...lengths) };
  const { placed, hosts } = placeEdits(ofPoints, points, absent, sizes, leftOut.check);
  const places = placesOf(points);
  const gradients = resolve([at].flat(), points, absent).map((selection) => ({
    key: gradientAt(selection.point.name),
    selection,
  }));
  for (const { selection } of gradients) leftOut.check(selection.point);
  checkSlices(gradients, placed, forward.step.select, lengths, points);
  const parameters = chooseParameters([options.parameters ?? []].flat(), model);
  const own = new Set(parameters.values());
  const parameterEdits = placeParameterEdits(ofParameters, own, points, model);
  const step: ForwardStep = {
    ...forward.step,
    requests: requestsText([
      ...requestsOf(forward.step.requests).filter(({ key }) => key !== forward.logitsKey),
      ...gradients.map((each) => ({ ...asRequest(each, rows.length), point: each.key })),
    ]),
    gradient: {
      parameters: [...own],
      edits: placed.map(encodeEdit),
      activations,
      separate: separated(
        [...gradients.map(({ selection }) => selection.point.name), ...placed.map(({ point }) => point)],
        model,
      ),
    },
  };
  checkReached({ ...forward, step, gradients, parameters }, points, model);
  // Parameters and modules may lie anywhere; hook points have their places.
  const isEverywhere = parameters.size > 0 || Object.keys(forward.trained).length > 0;
  const first = Math.min(...gradients.map(({ selection }) => places.get(selection.point.name) as number));
  const idle = placed.find(({ point }) => !isEverywhere && (places.get(point) as number) < first);
  if (idle !== undefined) {
    const why =
      points[first] === undefined
        ? "no gradient is asked for"
        : `it comes before the first that is asked for, ${printPoint(points[first], points)}`;
    throw new Error(`editGradient at ${printNamed(idle.point, points)}, changes nothing: ${why}`);
  }
  const called = new Map([...forward.hosts, ...hosts]);
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

/** Throws one line when a selection does not fit the run's rows, or chooses among logits that are not all computed. */
function checkSlices(
  gradients: readonly KeyedSelection[],
  edits: readonly PlacedEdit[],
  computed: SelectedPositions,
  lengths: readonly number[],
  points: readonly HookPoint[],
): void {
  const some = gradients.find(
    ({ selection: { point, slices } }) =>
      point.name === "logits" && slices.some(({ axis }) => point.axes[axis] === "position"),
  );
  if (computed !== "all" && (some !== undefined || edits.some(({ point }) => point === "logits"))) {
    const sees = some
      ? `gradient at ${printPoint(some.selection.point, points, some.selection.selector)}`
      : `editGradient at ${printNamed("logits", points)}`;
    throw new Error(
      `${sees}: positions are those of all logits, and not ${printSelected(computed)}: ask for all`,
    );
  }
  const [batch, positions] = [lengths.length, Math.max(...lengths)];
  for (const { selection } of gradients)
    selectedShape(selection, boundShape(selection.point, batch, positions), lengths);
}

/** Those of some hook points that name a value once more, such as what one module reads of it. */
function separated(names: readonly string[], { blueprint, weight }: Model): string[] {
  const wanted = new Set(names);
  const values = new Set<Value>();
  const { points } = traceStage(blueprint, wholeModel(blueprint), weight).graph;
  return points.flatMap(({ point, value }) => {
    const isNamed = values.has(value);
    values.add(value);
    // Where layers meet, the stream is one value under two names.
    const isStream = point.name.endsWith(".residual.in");
    return isNamed && !isStream && wanted.has(point.name) ? [point.name] : [];
  });
}

function checkReached(
  request: Omit<BackwardRequest, "parameterEdits">,
  points: readonly HookPoint[],
  model: Model,
): void {
  const { hosts, step } = request;
  const named = gradientNames(step, points, model);
  // What a host edit hides is told from what the loss does not depend on by leaving those edits out.
  const unhidden = () =>
    gradientNames({ ...step, edits: step.edits.filter(({ key }) => !hosts.has(key)) }, points, model);
  const why = (is: (names: readonly string[]) => boolean) =>
    hosts.size > 0 && is(unhidden())
      ? `${[...new Set([...hosts.values()].map(({ selector }) => `edit "${selector}"`))].join(", ")} by a function has no derivative; a traced edit has one`
      : "the loss does not depend on it";
  const point = request.gradients.find(({ key }) => !named.includes(key));
  if (point !== undefined)
    throw new Error(
      `no gradient reaches ${printPoint(point.selection.point, points)}: ${why((names) => names.includes(point.key))}`,
    );
  const has = (names: readonly string[], parameter: string) =>
    names.some((each) => each.startsWith(`parameter.${parameter} `));
  const parameter = [...request.parameters.values()].find((name) => !has(named, name));
  if (parameter !== undefined) {
    const { skip = [] } = step;
    const isLeftOut = skip.length > 0 && has(gradientNames({ ...step, skip: [] }, points, model), parameter);
    const reason = isLeftOut ? `hooks skip layer ${skip.join(", ")}` : why((names) => has(names, parameter));
    throw new Error(`no gradient reaches "${parameter}": ${reason}`);
  }
  const edited = request.step.gradient!.edits.find((edit) => !named.includes(gradientAt(edit.point)));
  if (edited !== undefined)
    throw new Error(
      `editGradient at ${printNamed(edited.point, points)}, changes nothing: no gradient reaches it, ${why((names) => names.includes(gradientAt(edited.point)))}`,
    );
  const modules = Object.keys(request.step.tensors ?? {}).filter((name) => name.startsWith("trained."));
  const module = modules.find((name) => !named.includes(gradientAt(name)));
  if (module !== undefined)
    throw new Error(`no gradient reaches ${module}: ${why((names) => names.includes(gradientAt(module)))}`);
}

/** Names of all gradients that a step's graph computes. */
function gradientNames(step: ForwardStep, points: readonly HookPoint[], model: Model): readonly string[] {
  const { blueprint, weight } = model;
  const spec = { ...wholeModel(blueprint), skip: step.skip ?? [] };
  const { graph } = traceStage(blueprint, spec, weight, additionsOf(step, points));
  return graph.points.map(({ point }) => point.name);
}
