import { rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { Provenance } from "../../display/payload/provenance.js";
import { readJsonObject } from "../../models/checkpoint/json.js";
import { sha256Of } from "../datasets/source.js";
import type { PromptReading } from "./evaluate.js";
import type { InitialOptions } from "./initial.js";
import type { SoftPrompt } from "./softPrompt.js";
import type { TuningDigest } from "./types.js";

/** A prompt, how it is read and how it was made, as far as that is known: a `Tuned` is one. */
export interface KeptPrompt {
  readonly prompt: SoftPrompt;
  /** Label words and template: what `classifyByPrompt` needs. */
  readonly reading?: PromptReading | undefined;
  readonly init?: InitialOptions | undefined;
  readonly data?: TuningDigest | undefined;
  /** Of the tuning: model and its fingerprint, seed, versions. */
  readonly provenance?: Provenance | undefined;
}

const sha = z.string().regex(/^[0-9a-f]{64}$/);
const word = z.union([z.string(), z.int(), z.object({ ids: z.array(z.int()) })]);

const note = z.object({
  /** Of the rows that this was written with. */
  promptSha: sha.exactOptional(),
  reading: z
    .object({
      words: z.array(z.union([word, z.array(word)])),
      template: z.string().exactOptional(),
      calibrate: z.array(z.union([z.string(), z.array(z.int())])).exactOptional(),
    })
    .exactOptional(),
  init: z
    .object({
      init: z.enum(["vocab", "random", "text"]).exactOptional(),
      text: z.string().exactOptional(),
      deviation: z.number().exactOptional(),
    })
    .exactOptional(),
  data: z.object({ train: sha, validation: sha.exactOptional() }).exactOptional(),
  provenance: z
    .object({
      model: z.string(),
      fingerprint: z.string(),
      mesh: z.string(),
      devices: z.array(z.string()),
      dtype: z.string(),
      seed: z.nullable(z.number()),
      versions: z.record(z.string(), z.string()),
      edited: z.array(z.string()).exactOptional(),
      tokens: sha.exactOptional(),
      call: z.string(),
    })
    .exactOptional(),
});

const promptSha = ({ data, deep }: SoftPrompt) =>
  sha256Of(
    [data, ...(deep ? [deep.data] : [])]
      .map((rows) => sha256Of(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)))
      .join(),
  );

/** Writes what is known of a prompt beside it; nothing is left of a prompt that was there before. */
export function writeNote(path: string, { prompt, reading, init, data, provenance }: KeptPrompt): void {
  const known = { reading, init, data, provenance };
  if (Object.values(known).every((each) => each === undefined)) {
    rmSync(path, { force: true });
    return;
  }
  writeFileSync(path, `${JSON.stringify({ promptSha: promptSha(prompt), ...known }, null, 2)}\n`);
}

/**
 * What is known of a prompt beyond its rows; undefined where nothing lies beside it. Throws one line when the file holds
 * something else, or was written with other rows, such as before another program saved there.
 */
export async function readNote(path: string, prompt: SoftPrompt): Promise<KeptPrompt | undefined> {
  const held = await readJsonObject(path);
  if (held === undefined) return undefined;
  const read = note.safeParse(held.object);
  if (!read.success) {
    const { path: where, message } = read.error.issues[0]!;
    throw new Error(`${path} at ${where.join(".")}: ${message.toLowerCase()}`);
  }
  const { promptSha: written, ...known } = read.data;
  if (written !== undefined && written !== promptSha(prompt))
    throw new Error(
      `${path} was written with another prompt than the one beside it: remove it, or save again`,
    );
  return { prompt, ...known };
}
