import { capture } from "../../hooks/index.js";
import { randomNumbers } from "../../session/sampling.js";
import type { Session } from "../../session/session.js";
import { normalNumbers } from "../training/normal.js";
import { embeddingPoint, promptEdits, unitsAt, withPlaceholders, type SoftPrompt } from "./softPrompt.js";

/** How a prompt begins. */
export interface InitialOptions {
  /**
   * `vocab`, the embeddings of tokens drawn from the vocabulary (Lester et al. 2021); `random`, normal numbers; `text`, the
   * embeddings of the tokens of `text`, special ones included, cut or repeated to the length, as peft's. Default `vocab`.
   */
  readonly init?: "vocab" | "random" | "text";
  readonly text?: string;
  /** Of random numbers. Default 1, as peft's, which lies far from any embedding. */
  readonly deviation?: number;
}

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

/** Throws one line for what is no way to begin a prompt. */
export function checkInitial(tokens: number, { init = "vocab", text, deviation }: InitialOptions): void {
  if (!Number.isInteger(tokens) || tokens < 1) throw new Error(`prompt of ${tokens} tokens: give 1 or more`);
  if (!["vocab", "random", "text"].includes(init))
    throw new Error(`init "${init}": choose vocab, random or text`);
  if (init === "text" && !text?.trim()) throw new Error('init "text" needs a text with tokens');
  if (text !== undefined && init !== "text") throw new Error(`a text to begin with, and init "${init}"`);
  if (deviation !== undefined && init !== "random") throw new Error(`a deviation, and init "${init}"`);
  if (deviation !== undefined && !(deviation >= 0 && deviation < Infinity))
    throw new Error(`deviation ${deviation}: must be 0 or above`);
}

/** A new prompt; equal seeds give equal ones. Throws one line for what is no such thing. */
export async function initialPrompt(
  session: Session,
  tokens: number,
  seed: number,
  options: InitialOptions = {},
): Promise<SoftPrompt> {
  checkInitial(tokens, options);
  const { init = "vocab", text, deviation: spread = 1 } = options;
  const random = randomNumbers(seed);
  if (init === "random") {
    const units = await unitsAt(session, embeddingPoint(session));
    const normal = normalNumbers(random);
    return { tokens, units, data: Float32Array.from({ length: tokens * units }, () => spread * normal()) };
  }
  const { vocabulary } = session.dimensions;
  if (init === "vocab")
    return embedded(
      session,
      Array.from({ length: tokens }, () => Math.floor(random() * vocabulary)),
    );
  const read = (await (await session.tokenizer()).encode(text ?? "")).tokens.map(({ id }) => id);
  if (read.length === 0) throw new Error('init "text" needs a text with tokens');
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
