import type { AxisShards } from "../display/payload/index.js";
import { rankOf, type Mesh } from "../engine/mesh.js";
import { shareOf } from "../graph/point.js";
import type { Selection } from "../hooks/selector.js";
import { indexLists } from "../hooks/slice.js";

/**
 * Which ranks of a pipeline stage held which entries of a captured value, after its selector's slicing. Empty for points
 * that tensor ranks do not split.
 */
export function shardsOf({ point, slices }: Selection, stage: number, mesh: Mesh): AxisShards[] {
  const { partition } = point;
  if (partition.kind !== "split" || mesh.tensor === 1) return [];
  const { axis } = partition;
  const whole = point.shape[axis] as number;
  const wanted = slices.find((slice) => slice.axis === axis);
  const context = { axes: point.axes.slice(axis, axis + 1), lengths: [whole] };
  const [kept] = indexLists([whole], wanted ? [{ ...wanted, axis: 0 }] : [], context, 0) as [number[]];
  const ranks = Array.from({ length: mesh.tensor }, (_, tensor) => tensor);
  let from = 0;
  const parts = ranks.flatMap((tensor) => {
    const share = shareOf(whole, { rank: tensor, size: mesh.tensor });
    const count = kept.filter((index) => index >= share.from && index < share.to).length;
    if (count === 0) return [];
    const part = { ranks: groupAt(mesh, stage, tensor), from, to: from + count };
    from += count;
    return [part];
  });
  return [{ axis, parts }];
}

/** Ranks of a stage with the same part: one of each replica. */
function groupAt(mesh: Mesh, pipeline: number, tensor: number): number[] {
  return Array.from({ length: mesh.data }, (_, data) => rankOf(mesh, { pipeline, data, tensor }));
}
