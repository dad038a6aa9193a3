import type { HookPoint } from "../../graph/point.js";
import { forHook, type Acting } from "../../hooks/acting.js";
import type { PlacedEdit } from "../../hooks/apply.js";
import type { GradientEdit } from "../../hooks/editGradient.js";
import type { HostCall } from "../../hooks/hostEdit.js";
import { placeEdits } from "../../hooks/place.js";
import type { Model } from "../../models/model.js";
import { chooseParameters, nameOf } from "../parameters/choose.js";

/** What an edit does to one parameter's gradient, once that is whole. */
export interface ParameterEdit {
  /** The parameter, by its own name. */
  readonly point: HookPoint;
  readonly edit: PlacedEdit;
  /** The function, where it is one of the notebook's. */
  readonly call: HostCall | undefined;
}

/** A parameter's gradient is one for all rows: edits are placed as in a run of one. */
export const oneRow = { lengths: [1], positions: 1 };

/**
 * The parameters that a gradient edit chooses, as points: whole, and with axes that have no names. Throws one line for what
 * needs names, and as `chooseParameters` does.
 */
export function parameterPoints(
  { selector, change }: GradientEdit,
  points: readonly HookPoint[],
  model: Model,
): HookPoint[] {
  const glob = nameOf(selector);
  const fault = (what: string) => new Error(`editGradient "${selector}"${what}`);
  if (glob !== selector.trim())
    throw fault(
      ": the axes of a parameter have no names to select by: a function of its whole gradient can choose entries",
    );
  if (change.kind === "mean")
    throw fault(
      " by mean: the axes of a parameter have no names: traced((dx) => dx.zeros().add(dx.mean([0], true))) says over which",
    );
  if (change.kind === "keep")
    throw fault(" by keep: nothing of a parameter is selected, so that all is kept");
  return [...chooseParameters([glob], model)].map(([asked, name]) => {
    const { shape } = model.weight(name, []);
    const module = name.replace(/\.[^.]+$/, "");
    const layer = points.find(({ aliases }) => aliases.includes(module))?.layer;
    return {
      name,
      aliases: asked === name ? [] : [asked],
      axes: shape.map(() => "unit"),
      shape,
      partition: { kind: "whole" },
      layer,
    };
  });
}

/**
 * Edits of parameters' gradients in the order given. Throws one line for one that fits no parameter, and for a parameter
 * whose gradient nobody asked for: nothing else follows from it. A lasting one, which nobody wrote in the call, then takes no part.
 *
 * @param asked own names of the parameters whose gradients come back
 */
export function placeParameterEdits(
  edits: readonly Acting<GradientEdit>[],
  asked: ReadonlySet<string>,
  points: readonly HookPoint[],
  model: Model,
): ParameterEdit[] {
  return edits.flatMap((each) => {
    const chosen = forHook(each, () => parameterPoints(each, points, model));
    const own = each.lasting === undefined ? chosen : chosen.filter(({ name }) => asked.has(name));
    if (own.length === 0) return [];
    return own.flatMap((point) => {
      // Each alone, and by its own name: parameters have no order in the forward pass.
      const alone = { ...each, selector: point.name };
      const { placed, hosts } = placeEdits([alone], [point], {}, oneRow, ({ name }) => {
        if (!asked.has(name))
          throw new Error(
            `editGradient "${each.selector}" changes nothing: the gradient of ${name} is not asked for, name it in parameters`,
          );
      });
      return placed.map((edit) => {
        const call = hosts.get(edit.key);
        return { point, edit, call: call && { ...call, selector: each.selector } };
      });
    });
  });
}
