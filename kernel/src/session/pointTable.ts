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
  const { data, tensor } = plan.mesh;
  const rows = chosen.map((point): PointRow => {
    const stage = stageOf(point, points, plan);
    return {
      name: point.name,
      aliases: point.aliases,
      shape: printShape(point.shape),
      partition: printPartition(point, tensor),
      stage,
      ranks: Array.from({ length: data * tensor }, (_, rank) => stage * data * tensor + rank),
    };
  });
  const shown = table(
    rows,
    [
      { title: "name", value: ({ name }) => name },
      { title: "module", value: ({ aliases }) => printAliases(aliases) },
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

/** `a.b.fc1`, or of several `a.b.{fc1,act.input}`, which chooses the same. */
function printAliases(aliases: readonly string[]): string {
  const [first = "", ...rest] = aliases;
  if (rest.length === 0) return first;
  const shared = first.split(".").findIndex((part, i) => rest.some((other) => other.split(".")[i] !== part));
  const path = first.split(".").slice(0, shared);
  // Where one is the beginning of the others there is nothing left of it to stand in braces.
  const isPrefix = aliases.some((alias) => alias.split(".").length === path.length);
  const head = (isPrefix ? path.slice(0, -1) : path).map((part) => `${part}.`).join("");
  return `${head}{${aliases.map((alias) => alias.slice(head.length)).join(",")}}`;
}

function printPartition({ partition, axes }: HookPoint, tensor: number): string {
  if (partition.kind === "whole" || tensor === 1) return "whole";
  return partition.kind === "partial" ? "partial sum" : `split by ${axes[partition.axis]}`;
}
