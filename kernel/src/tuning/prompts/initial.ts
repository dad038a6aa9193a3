import { capture } from "../../hooks/index.js";
import { randomNumbers } from "../../session/sampling.js";
import type { Session } from "../../session/session.js";
import { normalNumbers } from "../training/normal.js";
import { embeddingPoint, embeddingUnits, type SoftPrompt } from "./softPrompt.js";

/**
 * How a prompt begins: `vocab`, the embeddings of tokens drawn from the vocabulary (Lester et al. 2021); `random`, normal
 * numbers of the deviation given (default 1, as peft's, which lies far from any embedding); `text`, the embeddings of a text's
 * tokens, special ones included, cut or repeated to the length, as peft's.
 */
export type InitialPrompt =
  | "vocab"
  | "random"
  | { readonly kind: "random"; readonly deviation: number }
  | { readonly kind: "text"; readonly text: string };

/** A new prompt; equal seeds give equal ones. Throws one line for what is no such thing. */
export async function initialPrompt(
  session: Session,
  init: InitialPrompt,
  tokens: number,
  seed: number,
): Promise<SoftPrompt> {
  if (!Number.isInteger(tokens) || tokens < 1) throw new Error(`prompt of ${tokens} tokens: give 1 or more`);
  const random = randomNumbers(seed);
  const kind = typeof init === "string" ? init : init.kind;
  if (kind === "random") {
    const deviation = typeof init === "object" && init.kind === "random" ? init.deviation : 1;
    if (!(deviation >= 0 && deviation < Infinity))
      throw new Error(`deviation ${deviation}: must be 0 or above`);
    const units = await embeddingUnits(session);
    const normal = normalNumbers(random);
    return { tokens, units, data: Float32Array.from({ length: tokens * units }, () => deviation * normal()) };
  }
  const { vocabulary } = session.dimensions;
  if (kind === "vocab")
    return embedded(
      session,
      Array.from({ length: tokens }, () => Math.floor(random() * vocabulary)),
    );
  if (typeof init !== "object" || init.kind !== "text")
    throw new Error(`initial prompt "${String(kind)}": choose vocab, random or { kind: "text", text }`);
  const read = (await (await session.tokenizer()).encode(init.text)).tokens.map(({ id }) => id);
  if (read.length === 0) throw new Error("initial prompt of an empty text: it has no tokens");
  return embedded(
    session,
    Array.from({ length: tokens }, (_, i) => read[i % read.length]!),
  );
}

/** The embeddings of tokens, as a prompt. */
async function embedded(session: Session, ids: readonly number[]): Promise<SoftPrompt> {
  const point = embeddingPoint(session);
  // A row each, so that a prompt may be longer than the model reads.
  const run = await session.forward(
    ids.map((id) => [id]),
    { hooks: [capture(point)], logits: "none" },
  );
  const { data, shape } = run.get(point);
  return { tokens: ids.length, units: shape.at(-1)!, data: data.slice() };
}
