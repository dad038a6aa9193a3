import type { HookPoint } from "../../graph/point.js";
import { printPoint } from "../../graph/printPoint.js";
import { checkNumbers, globMatcher } from "../../hooks/glob.js";
import { traceStage, wholeModel } from "../../models/build.js";
import type { Model } from "../../models/model.js";
import { unknownParameter } from "./unknown.js";

/**
 * Weights that the globs choose, a tied head by its own name as well. Throws one line with the nearest name when one chooses
 * none, and for one that is quantised: it has no gradient.
 */
export function chooseParameters(globs: readonly string[], model: Model): Map<string, string> {
  const { blueprint, weight } = model;
  if (globs.length === 0) return new Map();
  const { parameters } = traceStage(blueprint, wholeModel(blueprint), weight);
  const names = [...new Set(parameters.map(({ name }) => name))];
  const chosen = new Map(
    globs.flatMap((glob) => {
      const tied = blueprint.tied?.[glob];
      if (tied !== undefined) return [[glob, tied] as const];
      const found = names.filter(globMatcher(glob));
      if (found.length === 0) throw unknownParameter(glob, model);
      checkNumbers(glob, names);
      return found.map((name) => [name, name] as const);
    }),
  );
  const held = [...chosen.values()].find((name) => weight(name, []).scales !== undefined);
  if (held !== undefined)
    throw new Error(
      `gradient of "${held}", which is quantised: gradients go through it to activations and modules, and to parameters that are not`,
    );
  return chosen;
}

/**
 * Whether a selector, with what it selects of them, is one of parameters: it chooses some, or is meant to, and no hook
 * point. One that chooses hook points by their canonical names is of those. Throws one line for one that chooses both by the
 * names of modules.
 */
export function choosesParameters(selector: string, points: readonly HookPoint[], model: Model): boolean {
  const glob = nameOf(selector);
  if (glob === "") return false;
  const { parameters, blueprint } = model;
  const matches = globMatcher(glob);
  if (points.some(({ name }) => matches(name))) return false;
  const parameter = [...parameters.keys()].find(matches);
  const point = points.find(({ aliases }) => aliases.some(matches));
  if (parameter !== undefined && point !== undefined)
    throw new Error(
      `editGradient "${selector}" chooses parameters, such as ${parameter}, and hook points, such as ` +
        `${printPoint(point, points, point.aliases.find(matches))}: a glob that ends in .weight, .bias or .{weight,bias} means parameters, ` +
        `one of names such as ${point.name} hook points`,
    );
  // No hook point is called so, and of parameters the error names the nearest.
  const isCalled = /\.(weight|bias)$/.test(glob) || blueprint.tied?.[glob] !== undefined;
  return point === undefined && (isCalled || parameter !== undefined);
}

/** A selector without what is selected of each. */
export function nameOf(selector: string): string {
  return selector.replace(/\[.*$/, "").trim();
}
