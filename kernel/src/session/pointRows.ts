import type { Plan } from "../engine/plan/plan.js";
import type { HookPoint } from "../graph/point.js";
import { printShape } from "../graph/shape.js";
import type { PointRow } from "./types.js";

/** Which stage holds a point: its layer's; before the layers the first, behind them the last. */
export function stageOf(point: HookPoint, points: readonly HookPoint[], plan: Plan): number {
  const { layer } = point;
  if (layer !== undefined)
    return plan.stages.findIndex(({ layers }) => layer >= layers.from && layer < layers.to);
  const firstLayer = points.findIndex((each) => each.layer !== undefined);
  return points.indexOf(point) < firstLayer ? 0 : plan.stages.length - 1;
}

/** The ranks of each pipeline stage. */
export function stageRanks({ stages, mesh: { data, tensor } }: Plan): number[][] {
  const size = data * tensor;
  return stages.map((_, stage) => Array.from({ length: size }, (_, rank) => stage * size + rank));
}

/** Hook points as rows. */
export function pointRows(
  chosen: readonly HookPoint[],
  points: readonly HookPoint[],
  plan: Plan,
): PointRow[] {
  const ranks = stageRanks(plan);
  return chosen.map((point): PointRow => {
    const { name, aliases } = point;
    const stage = stageOf(point, points, plan);
    const partition = printPartition(point, plan.mesh.tensor);
    return { name, aliases, shape: printShape(point.shape), partition, stage, ranks: ranks[stage]! };
  });
}

function printPartition({ partition, axes }: HookPoint, tensor: number): string {
  if (partition.kind === "whole" || tensor === 1) return "whole";
  return `split by ${axes[partition.axis]}`;
}
