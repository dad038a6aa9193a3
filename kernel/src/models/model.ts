import type { Blueprint, Dimensions } from "./architecture.js";
import { readArchitecture } from "./architectures.js";
import { traceStage, wholeModel } from "./build.js";
import { readEightBit } from "./checkpoint/bitsandbytes.js";
import type { Checkpoint, StoredTensor } from "./checkpoint/checkpoint.js";
import { openCheckpoint } from "./checkpoint/open.js";
import { expectTensors } from "./checkpoint/expect.js";
import { outputChannels } from "./quantise/channels.js";
import type { Quantisation } from "./quantise/quantised.js";
import type { WeightSource } from "./rankWeights.js";

/** A checkpoint and the equations that read it; no weight is loaded. */
export interface Model {
  readonly family: string;
  readonly checkpoint: Checkpoint;
  readonly dimensions: Dimensions;
  readonly blueprint: Blueprint;
  readonly weight: WeightSource;
  /** What it reads of the files, by Hugging Face name; tied weights are one. */
  readonly parameters: ReadonlyMap<string, StoredTensor>;
  /** Heads that are stored although the config ties them, each with the embedding that it must be. */
  readonly tiedHeads: readonly (readonly [head: StoredTensor, table: StoredTensor])[];
  /** Bytes on disk of all weights, of each layer's, of the embedding's, and of what follows the layers. */
  readonly weightBytes: number;
  readonly layerBytes: readonly number[];
  readonly embedBytes: number;
  readonly headBytes: number;
  /** How linear weights of the layers are held, where it is not as they are published. */
  readonly quantise?: Quantisation;
}

/**
 * Read a Hugging Face folder and check that config and weights fit each other. Throws one line naming the first
 * config field that is not supported, or the tensors that are missing, too many, or of another shape.
 */
export async function openModel(folder: string): Promise<Model> {
  const checkpoint = await readEightBit(await openCheckpoint(folder));
  const { family, blueprint } = readArchitecture(checkpoint.config);
  const isInt8 = [...checkpoint.tensors.values()].some(({ scales }) => scales !== undefined);
  if (isInt8 && [...outputChannels(blueprint).values()].includes(1))
    throw new Error(
      `${family} saved in int8 by bitsandbytes, which turns its weights round, is not read: ` +
        'open the published model with quantise "int8"',
    );
  const { dimensions } = blueprint;

  const storedName = (name: string) => {
    const former = blueprint.formerNames?.[name];
    return former !== undefined && checkpoint.tensors.has(former) ? former : name;
  };

  // A dry trace asks for every weight once, which is the list of what the files must hold.
  const whole = wholeModel(blueprint);
  const expected = new Map<string, readonly number[]>();
  traceStage(blueprint, whole, (name, shape) => {
    expected.set(name, shape);
    return { name, shape, dtype: "f32", file: "", offset: 0, bytes: 0 };
  });
  const located = expectTensors(checkpoint, {
    expected: new Map([...expected].map(([name, shape]) => [storedName(name), shape])),
    basePrefix: blueprint.basePrefix,
    // `save_model` of safetensors keeps one of two tied tensors, and often the head.
    standIns: new Map(Object.entries(blueprint.tied ?? {}).map(([head, table]) => [table, storedName(head)])),
    isIgnorable: (name) =>
      blueprint.ignorable.some((pattern) => pattern.test(name)) ||
      [name, `${blueprint.basePrefix}${name}`].some((full) => Object.hasOwn(blueprint.buffers ?? {}, full)),
  });

  const weight: WeightSource = (name) => located.get(storedName(name))!;
  const tiedHeads = Object.entries(blueprint.tied ?? {}).flatMap(([head, table]) => {
    const stored = checkpoint.tensors.get(storedName(head));
    const held = located.get(storedName(table))!;
    return stored === undefined || stored === held ? [] : [[stored, held] as const];
  });
  const parameters = new Map([...expected].map(([name, shape]) => [name, weight(name, shape)]));
  const model = withWeights({ family, checkpoint, dimensions, blueprint, parameters, tiedHeads }, weight);
  return isInt8 ? { ...model, quantise: "int8" } : model;
}

/** The model with its weights found by `weight`, and how large they then are. */
export function withWeights(
  model: Pick<Model, "family" | "checkpoint" | "dimensions" | "blueprint" | "parameters" | "tiedHeads">,
  weight: WeightSource,
): Model {
  const { blueprint, dimensions } = model;
  const { tensor } = wholeModel(blueprint);
  const bytesOf = (part: { from: number; to: number; embeds: boolean; unembeds: boolean }) => {
    const used = new Map<string, StoredTensor>();
    const { from, to, embeds, unembeds } = part;
    traceStage(blueprint, { layers: { from, to }, embeds, unembeds, tensor }, (name, shape) => {
      const stored = weight(name, shape);
      used.set(name, stored);
      return stored;
    });
    return sum(used.values());
  };
  const parameters = new Map([...model.parameters].map(([name, { shape }]) => [name, weight(name, shape)]));
  return {
    ...model,
    weight,
    parameters,
    weightBytes: sum(parameters.values()),
    layerBytes: Array.from({ length: dimensions.layers }, (_, i) =>
      bytesOf({ from: i, to: i + 1, embeds: false, unembeds: false }),
    ),
    embedBytes: bytesOf({ from: 0, to: 0, embeds: true, unembeds: false }),
    headBytes: bytesOf({ from: 0, to: 0, embeds: false, unembeds: true }),
  };
}

function sum(tensors: Iterable<StoredTensor>): number {
  return [...tensors].reduce((bytes, tensor) => bytes + tensor.bytes + (tensor.scales?.bytes ?? 0), 0);
}

/** Throws one line with the numbers when `size` tensor ranks cannot share the model's heads and units evenly. */
export function checkMesh(model: Model, size: number): void {
  const { heads, keyValueHeads, inner } = model.dimensions;
  const parts = { heads, "key/value heads": keyValueHeads, "mlp units": inner };
  for (const [what, count] of Object.entries(parts)) {
    if (count % size === 0) continue;
    const valid = Array.from({ length: heads }, (_, i) => i + 1).filter((n) =>
      Object.values(parts).every((c) => c % n === 0),
    );
    throw new Error(
      `tensor ${size}: ${count} ${what} cannot be shared evenly; valid are ${valid.join(", ")}`,
    );
  }
}
