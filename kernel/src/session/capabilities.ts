import { shownAs, table, type Displayable } from "../display/index.js";
import { printMesh } from "../engine/mesh.js";
import type { Plan } from "../engine/plan/plan.js";
import type { HookPoint } from "../graph/point.js";
import { differentiable } from "./backward/prepare.js";
import type { Model } from "../models/model.js";
import type { Quantisation } from "../models/quantise/quantised.js";

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

export interface Capabilities {
  readonly devices: readonly string[];
  readonly mesh: string;
  /** How linear weights are held; undefined as they are published. Quantised ones have no gradient. */
  readonly quantise: Quantisation | undefined;
  readonly points: readonly Capability[];
  /** Points that other architectures have and this model has not, with the reason. */
  readonly absent: Readonly<Record<string, string>>;
}

/**
 * What the hook points of a model can be used for. Whatever is named is read and edited on every device and mesh; where
 * gradients come is found out by writing them down.
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
  const result: Capabilities = {
    devices: [...devices],
    mesh: printMesh(mesh),
    quantise: model.quantise,
    points: rows,
    absent: model.blueprint.absent,
  };
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
      `${rows.length} hook points on ${result.devices.join(", ")}, ${result.mesh}${model.quantise ? `, ${model.quantise} weights` : ""}`,
    ),
  );
}
