import { edit, trainable, type Edit } from "../../hooks/index.js";
import { readInput } from "../../session/input.js";
import type { Session } from "../../session/session.js";

/** Rows that stand before the embeddings of a text as if they were those of tokens (Lester et al. 2021). */
export interface SoftPrompt {
  /** Number of rows. */
  readonly tokens: number;
  /** Width of the model's token embeddings. */
  readonly units: number;
  /** Row-major float32, whatever the model is stored in. */
  readonly data: Float32Array;
}

/** Name of the trained module that a prompt is while it is tuned, and of its only tensor. */
export const promptModule = { name: "prompt", tensor: "rows" } as const;

/** Holds the place of a prompt's rows in the tokens: its embedding is never used. */
const placeholder = 0;

/** The point at which token embeddings enter the model, before positions are added or they are made wider. */
export function embeddingPoint(session: Session): string {
  const names = session.hookPoints("embedding*").map(({ name }) => name);
  return names.includes("embedding.tokens") ? "embedding.tokens" : "embedding";
}

/**
 * What puts a prompt before every row: positions count it, and it comes before the beginning-of-text token, as in peft.
 * Use with rows of `withPlaceholders`; with others it would stand in place of their first tokens.
 */
export function promptEdit(session: Session, { tokens, units, data }: SoftPrompt): Edit {
  const { name, tensor } = promptModule;
  const rows = { [tensor]: { shape: [tokens, units], data } };
  return edit(
    `${embeddingPoint(session)}[position=0:${tokens}]`,
    trainable(name, rows, (x, p) => x.zeros().add(p[tensor]!.along(x, 1))),
  );
}

/** Rows of tokens with places for a prompt before each. */
export function withPlaceholders(
  tokens: number,
  rows: readonly (readonly number[])[],
): (readonly number[])[] {
  const places = Array.from({ length: tokens }, () => placeholder);
  return rows.map((row) => [...places, ...row]);
}

/** Token ids of texts with their special tokens, or of rows given as ids. Throws one line when one is too long beside a prompt. */
export async function idsOf(
  session: Session,
  texts: readonly (string | readonly number[])[],
  promptTokens: number,
): Promise<readonly (readonly number[])[]> {
  const { vocabulary, maxPositions } = session.dimensions;
  const limits = { vocabulary, maxPositions: maxPositions - promptTokens };
  const tokenizer = () => session.tokenizer();
  const ids: (readonly number[])[] = [];
  for (const text of texts) ids.push((await readInput(text, limits, tokenizer)).ids[0]!);
  return ids;
}

/** Throws one line for a prompt that is not for this model. */
export async function checkPrompt(session: Session, { tokens, units, data }: SoftPrompt): Promise<void> {
  if (!Number.isInteger(tokens) || tokens < 1 || data.length !== tokens * units)
    throw new Error(`prompt of ${tokens} tokens × ${units} units has ${data.length} numbers`);
  const expected = await embeddingUnits(session);
  if (units !== expected)
    throw new Error(`prompt of ${units} units a token: this model's embeddings have ${expected}`);
}

/** Width of the model's token embeddings. */
export async function embeddingUnits(session: Session): Promise<number> {
  const { points } = await session.estimate([[placeholder]], {
    hooks: [{ kind: "capture", selector: embeddingPoint(session) }],
    logits: "none",
  });
  return points[0]!.shape.at(-1)!;
}
