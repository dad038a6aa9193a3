/** Ranks laid out in C order as (pipeline, data, tensor): the tensor coordinate changes fastest. */
export interface Mesh {
  readonly pipeline: number;
  readonly data: number;
  readonly tensor: number;
}

/** Where a rank stands in the mesh. */
export interface Coordinates {
  readonly pipeline: number;
  readonly data: number;
  readonly tensor: number;
}

/** Number of ranks. */
export function meshSize(mesh: Mesh): number {
  return mesh.pipeline * mesh.data * mesh.tensor;
}

/** Coordinates of a rank. Throws for a rank outside the mesh. */
export function coordinatesOf(mesh: Mesh, rank: number): Coordinates {
  if (!Number.isInteger(rank) || rank < 0 || rank >= meshSize(mesh))
    throw new Error(`no rank ${rank} in ${printMesh(mesh)}: ranks are 0 to ${meshSize(mesh) - 1}`);
  const tensor = rank % mesh.tensor;
  const data = Math.floor(rank / mesh.tensor) % mesh.data;
  return { pipeline: Math.floor(rank / (mesh.tensor * mesh.data)), data, tensor };
}

/** Rank at some coordinates. */
export function rankOf(mesh: Mesh, at: Coordinates): number {
  return (at.pipeline * mesh.data + at.data) * mesh.tensor + at.tensor;
}

/** The groups of ranks that differ only along one direction, each in order along it. */
export function groups(mesh: Mesh, direction: keyof Mesh): number[][] {
  const found = new Map<string, number[]>();
  for (let rank = 0; rank < meshSize(mesh); rank++) {
    const key = JSON.stringify({ ...coordinatesOf(mesh, rank), [direction]: 0 });
    found.set(key, [...(found.get(key) ?? []), rank]);
  }
  return [...found.values()];
}

/** `pipeline 2 × tensor 1`; the data direction is named only where it is more than one. */
export function printMesh(mesh: Mesh): string {
  const data = mesh.data > 1 ? ` × data ${mesh.data}` : "";
  return `pipeline ${mesh.pipeline}${data} × tensor ${mesh.tensor}`;
}
