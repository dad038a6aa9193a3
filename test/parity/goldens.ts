import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = join(dirname(fileURLToPath(import.meta.url)), "..", "goldens");

/** A dense float32 array. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What transformers computed for one row of tokens, run alone and unpadded; values have no batch axis. */
export interface GoldenRow {
  readonly ids: readonly number[];
  readonly points: ReadonlyMap<string, Values>;
}

export interface Golden {
  readonly name: string;
  readonly folder: string;
  readonly layers: number;
  readonly rows: readonly GoldenRow[];
  /** For each point, the modules of transformers that give it (`PATH`) or take it (`PATH.input`). */
  readonly modules: Readonly<Record<string, readonly string[]>>;
}

/** Names of all golden checkpoints. */
export const goldenNames: readonly string[] = readdirSync(join(here, "checkpoints"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

export function readGolden(name: string): Golden {
  const rows: { ids: number[]; points: Map<string, Values> }[] = [];
  for (const [key, tensor] of readSafetensors(join(here, "expected", `${name}.safetensors`))) {
    const [, row, point] = /^rows\.(\d+)\.(.+)$/.exec(key)!;
    const at = (rows[Number(row)] ??= { ids: [], points: new Map() });
    if (tensor.dtype === "I64") at.ids = Array.from(new BigInt64Array(tensor.bytes), Number);
    else at.points.set(point!, { shape: tensor.shape, data: new Float32Array(tensor.bytes) });
  }
  const about = readFileSync(join(here, "expected", `${name}.json`), "utf8");
  const { modules, same } = JSON.parse(about) as Golden & { same: Record<string, string> };
  for (const { points } of rows)
    for (const [point, other] of Object.entries(same)) points.set(point, points.get(other)!);
  const layers = [...rows[0]!.points.keys()].filter((p) => p.endsWith(".residual.in")).length;
  return { name, folder: join(here, "checkpoints", name), layers, rows, modules };
}

export interface EditGolden {
  /** What cases add, set or project out, of the stream [unit]. */
  readonly vector: Float32Array;
  /** Of the MLP [unit]. */
  readonly hidden: Float32Array;
  /** Of the queries and of what attention gives [head, unit]. */
  readonly heads: Values;
  /** Logits of each row [position, token], by case. */
  readonly cases: Map<string, Values[]>;
}

/** Logits under edits by PyTorch's hooks. */
export function readEdits(name: string): EditGolden {
  const tensors = readSafetensors(join(here, "edits", `${name}.safetensors`));
  const cases = new Map<string, Values[]>();
  for (const [key, { shape, bytes }] of tensors) {
    const match = /^(.+)\.rows\.(\d+)\.logits$/.exec(key);
    if (!match) continue;
    const rows = cases.get(match[1]!) ?? [];
    rows[Number(match[2])] = { shape, data: new Float32Array(bytes) };
    cases.set(match[1]!, rows);
  }
  const values = (name: string): Values => {
    const { shape, bytes } = tensors.get(name)!;
    return { shape, data: new Float32Array(bytes) };
  };
  return { vector: values("vector").data, hidden: values("hidden").data, heads: values("heads"), cases };
}

/**
 * The first logits of each row's last position [row, token] under an edit by PyTorch's hook at each module path
 * (`modules`), or with each of some parameters changed (`parameters`).
 */
export function readLastLogits(of: "modules" | "parameters", name: string): Map<string, Values> {
  const tensors = readSafetensors(join(here, of, `${name}.safetensors`));
  return new Map(
    [...tensors].map(([path, { shape, bytes }]) => [path, { shape, data: new Float32Array(bytes) }]),
  );
}

/** What transformers generated: each row alone, with its own cache. */
export interface GoldenGeneration {
  readonly prompt: readonly number[];
  /** Tokens that are fed one a step after the prompt, and the logits of each step [step, token]; the last is not fed. */
  readonly forced: readonly number[];
  readonly logits: Values;
  /** The same with a vector added to what the first layer gives at steps 2, 5 and 6. */
  readonly stepped: Values;
  /** The likeliest continuation. */
  readonly greedy: readonly number[];
  /** Log-probabilities of the row's forced tokens after the first row's prompt. */
  readonly scores: readonly number[];
}

export function readGenerations(name: string): GoldenGeneration[] {
  const tensors = readSafetensors(join(here, "generation", `${name}.safetensors`));
  const ids = (key: string) => Array.from(new BigInt64Array(tensors.get(key)!.bytes), Number);
  const count = [...tensors.keys()].filter((key) => key.startsWith("scores.")).length;
  return Array.from({ length: count }, (_, row) => {
    const values = (of: string): Values => {
      const { shape, bytes } = tensors.get(`rows.${row}.${of}`)!;
      return { shape, data: new Float32Array(bytes) };
    };
    return {
      prompt: ids(`rows.${row}.prompt`),
      forced: ids(`rows.${row}.forced`),
      logits: values("logits"),
      stepped: values("stepped"),
      greedy: ids(`rows.${row}.greedy`),
      scores: [...new Float32Array(tensors.get(`scores.${row}`)!.bytes)],
    };
  });
}

/** What PyTorch found of a model by a lens, or by going backward: tensors by name; token ids are numbers too. */
export function readTensors(
  of:
    | "lenses"
    | "backward"
    | "backward-edits"
    | "generation"
    | "prompts"
    | "quantised"
    | "rotary"
    | "trained-modules",
  name: string,
): { names: readonly string[]; get(name: string): Values } {
  const tensors = readSafetensors(join(here, of, `${name}.safetensors`));
  return {
    names: [...tensors.keys()],
    get: (key) => {
      const { dtype, shape, bytes } = tensors.get(key)!;
      const data =
        dtype === "I64" ? Float32Array.from(new BigInt64Array(bytes), Number) : new Float32Array(bytes);
      return { shape, data };
    },
  };
}

interface Stored {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: ArrayBuffer;
}

/** All tensors of a safetensors file: u64 header length, JSON header, data. */
function readSafetensors(path: string): Map<string, Stored> {
  const file = readFileSync(path);
  const start = 8 + Number(file.readBigUInt64LE());
  const header = JSON.parse(file.subarray(8, start).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, Stored>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [from, to] = entry.data_offsets;
    const bytes = new Uint8Array(file.subarray(start + from, start + to)).buffer;
    tensors.set(name, { dtype: entry.dtype, shape: entry.shape, bytes });
  }
  return tensors;
}
