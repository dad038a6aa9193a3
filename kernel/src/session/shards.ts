import type { AxisShards } from "../display/payload/index.js";
import { coordinatesOf, meshSize, type Coordinates, type Mesh } from "../engine/mesh.js";
import { shareOf, type Shard } from "../graph/point.js";
import type { Selection } from "../hooks/selector.js";
import { indexLists } from "../hooks/indexLists.js";

/**
 * Which ranks of a pipeline stage held which entries of a captured value, after its selector's slicing: rows as the
 * replicas share them, and the axis that tensor ranks split. Empty where every rank of the stage held all of it.
 *
 * @param rows how many rows the batch had
 */
export function shardsOf(
  { point, slices }: Selection,
  stage: number,
  mesh: Mesh,
  rows: number,
): AxisShards[] {
  const shares = (axis: number, whole: number, direction: "data" | "tensor"): AxisShards => {
    const wanted = slices.find((slice) => slice.axis === axis);
    const context = { axes: point.axes.slice(axis, axis + 1), lengths: [whole] };
    const [kept] = indexLists([whole], wanted ? [{ ...wanted, axis: 0 }] : [], context, 0) as [number[]];
    const size = mesh[direction];
    let from = 0;
    const parts = Array.from({ length: size }, (_, rank): Shard => ({ rank, size })).flatMap((shard) => {
      const share = shareOf(whole, shard);
      const count = kept.filter((index) => index >= share.from && index < share.to).length;
      if (count === 0) return [];
      const part = {
        ranks: ranksOf(mesh, { pipeline: stage, [direction]: shard.rank }),
        from,
        to: from + count,
      };
      from += count;
      return [part];
    });
    return { axis, parts };
  };
  const { partition } = point;
  return [
    ...(mesh.data > 1 ? [shares(point.axes.indexOf("batch"), rows, "data")] : []),
    ...(mesh.tensor > 1 && partition.kind === "split"
      ? [shares(partition.axis, point.shape[partition.axis] as number, "tensor")]
      : []),
  ];
}

/** The ranks with these coordinates, whatever the others. */
function ranksOf(mesh: Mesh, wanted: Partial<Coordinates>): number[] {
  return Array.from({ length: meshSize(mesh) }, (_, rank) => rank).filter((rank) => {
    const at = coordinatesOf(mesh, rank);
    return Object.entries(wanted).every(([direction, place]) => at[direction as keyof Mesh] === place);
  });
}
