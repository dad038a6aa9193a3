import { capture } from "../../hooks/index.js";
import { randomNumbers } from "../../session/sampling.js";
import type { Session } from "../../session/session.js";
import { normalNumbers } from "../training/normal.js";
import { embeddingPoint, promptEdits, unitsAt, withPlaceholders, type SoftPrompt } from "./softPrompt.js";

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

/**
 * A prompt made deep: before every layer stands what the model itself makes there of its first rows, so that it does what it
 * did until it is tuned.
 */
export async function deepened(session: Session, prompt: SoftPrompt): Promise<SoftPrompt> {
  const points = Array.from(
    { length: session.dimensions.layers - 1 },
    (_, i) => `layers.${i + 1}.residual.in`,
  );
  const run = await session.forward(withPlaceholders(prompt.tokens, [[]]), {
    hooks: [...promptEdits(session, prompt), ...points.map((point) => capture(point))],
    logits: "none",
  });
  const layers = points.map((point) => run.get(point));
  const units = await unitsAt(session, "layers.0.residual.in");
  const size = prompt.tokens * units;
  const data = new Float32Array(layers.length * size);
  layers.forEach((layer, i) => data.set(layer.data, i * size));
  return { ...prompt, deep: { units, data } };
}

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
    const units = await unitsAt(session, embeddingPoint(session));
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
