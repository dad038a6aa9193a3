/** Meshes on which numbers must be the same. */
export const meshes = {
  "one process": {},
  "pipeline 2": { devices: 2, mesh: { pipeline: 2 } },
  "tensor 2": { devices: 2, mesh: { tensor: 2 } },
  "data 2": { mesh: { data: 2 } },
  "pipeline 2 × tensor 2": { devices: 4, mesh: { pipeline: 2, tensor: 2 } },
} as const;

/** Where replicas meet other kinds of ranks, too. */
export const meshesWithReplicas = {
  "pipeline 2 × data 2": { devices: 4, mesh: { pipeline: 2, data: 2 } },
  "data 2 × tensor 2": { devices: 4, mesh: { data: 2, tensor: 2 } },
} as const;

/** Those that cut a model. */
export const cutting = {
  "pipeline 2": meshes["pipeline 2"],
  "tensor 2": meshes["tensor 2"],
  "pipeline 2 × tensor 2": meshes["pipeline 2 × tensor 2"],
} as const;

/**
 * One golden checkpoint of each architecture, and the OPT of files that have no plain one: what is tested on meshes is, of
 * these, tested on each.
 */
const architectures = ["opt", "galactica", "llama-grouped", "gpt2", "gpt-neox"];

/**
 * The meshes of a table that a golden checkpoint is tested on. One that varies a setting of its architecture is tested whole,
 * and cut between layers and within them at once.
 */
export function meshesOf<Options>(
  name: string,
  table: Readonly<Record<string, Options>>,
): [string, Options][] {
  const isWanted = (mesh: string) =>
    architectures.includes(name) || ["one process", "pipeline 2 × tensor 2"].includes(mesh);
  return Object.entries(table).filter(([mesh]) => isWanted(mesh));
}
