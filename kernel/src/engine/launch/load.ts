import { coordinatesOf } from "../mesh.js";
import type { Plan, StagePlan } from "../plan/plan.js";
import type { Load } from "../wire/messages.js";

/** Which model the workers are to hold. */
export type ModelPlace = Readonly<Pick<Load, "folder" | "fingerprint" | "quantise">>;

/** What a rank is to become, by the plan. */
export function loadOf(
  rank: number,
  plan: Plan,
  given: ModelPlace & Pick<Load, "meetings" | "parcels" | "overflow">,
): Load {
  const { pipeline, data, tensor } = coordinatesOf(plan.mesh, rank);
  const { layers, embeds, unembeds } = plan.stages[pipeline] as StagePlan;
  const { weights, threads, spin } = plan;
  const device = plan.devices[rank] as string;
  const adapter = plan.adapters[device];
  return {
    rank,
    ...given,
    stage: {
      layers,
      embeds,
      unembeds,
      tensor: { rank: tensor, size: plan.mesh.tensor },
      data: { rank: data, size: plan.mesh.data },
    },
    device,
    ...(adapter && { adapter }),
    weights,
    spare: plan.spare[rank] as number,
    threads,
    spin,
  };
}
