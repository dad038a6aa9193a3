import { shownAs, table, type Displayable } from "../display/index.js";
import { printMesh } from "../engine/mesh.js";
import type { Plan } from "../engine/plan/plan.js";
import type { HookPoint } from "../graph/point.js";
import { traceStage, wholeModel } from "../models/build.js";
import type { Model } from "../models/model.js";
import type { Quantisation } from "../models/quantise/quantised.js";
import { differentiable } from "./backward/prepare.js";

/** What can be done at one hook point. */
export interface Capability {
  readonly name: string;
  /** Captured, whole, by itself or by a readout. */
  readonly read: boolean;
  /** Edited by data, by traced functions and by functions of the notebook. */
  readonly edit: boolean;
  /** Whether the gradient of a loss of the logits comes to it, and can be read and edited there. */
  readonly differentiate: boolean;
}

/** What can be done with an open model, as `session.capabilities()` tells it. */
export interface Capabilities {
  readonly devices: readonly string[];
  readonly mesh: string;
  /** How linear weights are held; undefined as they are published. */
  readonly quantise: Quantisation | undefined;
  readonly points: readonly Capability[];
  /** Every parameter, and whether `backward` gives its gradient: quantised ones have none, edited or not. */
  readonly parameters: readonly { readonly name: string; readonly differentiate: boolean }[];
  /** Points that other architectures have and this model has not, with the reason. */
  readonly absent: Readonly<Record<string, string>>;
}

/**
 * What the hook points and parameters of a model can be used for. That is the same on every device and mesh, which are told
 * beside it: whatever is named is read and edited; where the gradient of a loss of the logits comes is found out by writing
 * the whole model's down. Edits of one run may cut its way off, which `backward` then refuses.
 */
export function capabilitiesOf(
  model: Model,
  points: readonly HookPoint[],
  { devices, mesh }: Plan,
): Capabilities & Displayable {
  const reached = differentiable(model, points);
  const rows = points.map(({ name }): Capability => ({
    name,
    read: true,
    edit: true,
    differentiate: reached.has(name),
  }));
  const { blueprint, weight } = model;
  const traced = new Set(
    traceStage(blueprint, wholeModel(blueprint), weight).parameters.map(({ name }) => name),
  );
  const parameters = [...model.parameters.keys()].map((name) => ({
    name,
    differentiate: traced.has(name) && weight(name, []).scales === undefined,
  }));
  const result: Capabilities = {
    devices: [...devices],
    mesh: printMesh(mesh),
    quantise: model.quantise,
    points: rows,
    parameters,
    absent: blueprint.absent,
  };
  const trainable = parameters.filter((each) => each.differentiate).length;
  const say = (can: boolean) => (can ? "yes" : "no");
  return shownAs(result, () =>
    table(
      rows,
      [
        { title: "hook point", value: ({ name }) => name },
        { title: "read", value: ({ read }) => say(read) },
        { title: "edit", value: ({ edit }) => say(edit) },
        { title: "differentiate", value: ({ differentiate }) => say(differentiate) },
      ],
      `${rows.length} hook points on ${result.devices.join(", ")}, ${result.mesh}${model.quantise ? `, ${model.quantise} weights` : ""}; gradients of ${trainable} of ${parameters.length} parameters`,
    ),
  );
}
