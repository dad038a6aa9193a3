import { additionsOf, stepStructure } from "../../engine/additions.js";
import type { ForwardStep } from "../../engine/wire/messages.js";
import { Memo } from "../../graph/memo.js";
import { gradientAt, type HookPoint } from "../../graph/point.js";
import { printNamed, printPoint } from "../../graph/printPoint.js";
import { traceStage, wholeModel } from "../../models/build.js";
import type { Model } from "../../models/model.js";
import type { BackwardRequest } from "./prepare.js";

/**
 * Throws one line, with the reason, when no gradient reaches what was asked for, or what is edited.
 *
 * @param named what `gradientNames` gives of the request's step
 */
export function checkReached(
  request: Omit<BackwardRequest, "parameterEdits">,
  named: readonly string[],
  points: readonly HookPoint[],
  model: Model,
): void {
  const { hosts, step } = request;
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

const known = new Memo<readonly string[]>(100);

/** Names of all gradients that a step's graph computes. */
export function gradientNames(
  step: ForwardStep,
  points: readonly HookPoint[],
  model: Model,
): readonly string[] {
  return known.of(points, stepStructure(step), () => {
    const { blueprint, weight } = model;
    const spec = { ...wholeModel(blueprint), skip: step.skip ?? [] };
    const { graph } = traceStage(blueprint, spec, weight, additionsOf(step, points));
    return graph.points.map(({ point }) => point.name);
  });
}
