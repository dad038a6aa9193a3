import { inspect } from "node:util";
import { displaySymbol, table } from "../display/index.js";
import type { Plan } from "../engine/plan/plan.js";
import type { HookPoint } from "../graph/point.js";
import { printShape } from "../graph/shape.js";
import type { PointRow, PointTable } from "./types.js";

/** Which stage holds a point: its layer's; before the layers the first, behind them the last. */
export function stageOf(point: HookPoint, points: readonly HookPoint[], plan: Plan): number {
  const { layer } = point;
  if (layer !== undefined)
    return plan.stages.findIndex(({ layers }) => layer >= layers.from && layer < layers.to);
  const firstLayer = points.findIndex((each) => each.layer !== undefined);
  return points.indexOf(point) < firstLayer ? 0 : plan.stages.length - 1;
}

/** Rows about hook points, which are an array and also show as a table. */
export function pointTable(
  chosen: readonly HookPoint[],
  points: readonly HookPoint[],
  plan: Plan,
): PointTable {
  const { tensor } = plan.mesh;
  const rows = chosen.map((point): PointRow => {
    const stage = stageOf(point, points, plan);
    return {
      name: point.name,
      alias: point.alias,
      shape: printShape(point.shape),
      partition: printPartition(point, tensor),
      stage,
      ranks: Array.from({ length: tensor }, (_, rank) => stage * tensor + rank),
    };
  });
  const shown = table(
    rows,
    [
      { title: "name", value: ({ name }) => name },
      { title: "alias", value: ({ alias }) => alias ?? "" },
      { title: "shape", value: ({ shape }) => shape },
      { title: "partition", value: ({ partition }) => partition },
      { title: "stage", value: ({ stage }) => stage },
      { title: "ranks", value: ({ ranks }) => ranks.join(", ") },
    ],
    `${rows.length} hook points`,
  );
  const methods = shown as unknown as Record<symbol, unknown>;
  for (const symbol of [displaySymbol, inspect.custom])
    Object.defineProperty(rows, symbol, { value: methods[symbol], enumerable: false });
  return rows;
}

function printPartition({ partition, axes }: HookPoint, tensor: number): string {
  if (partition.kind === "whole" || tensor === 1) return "whole";
  return partition.kind === "partial" ? "partial sum" : `split by ${axes[partition.axis]}`;
}
