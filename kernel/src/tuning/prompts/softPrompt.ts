import { edit, trainable, type Edit } from "../../hooks/index.js";
import { readInput } from "../../session/input.js";
import type { Backward } from "../../session/backward/types.js";
import type { Session } from "../../session/session.js";

/** Rows that stand before the embeddings of a text as if they were those of tokens (Lester et al. 2021). */
export interface SoftPrompt {
  /** Number of rows. */
  readonly tokens: number;
  /** Width of the model's token embeddings. */
  readonly units: number;
  /** Row-major float32, whatever the model is stored in. */
  readonly data: Float32Array;
  /**
   * Of a deep prompt, the rows that stand in its places before every layer but the first (Liu et al. 2022): [layer − 1, token,
   * unit] of the residual's units.
   */
  readonly deep?: { readonly units: number; readonly data: Float32Array };
}

/** Tensor of a trained module that is some rows of a prompt. */
const tensor = "rows";

/** A prompt's rows at one place, as a trained module. */
export interface PromptPart {
  /** Name of the module. */
  readonly module: string;
  readonly point: string;
  readonly shape: readonly [number, number];
  readonly data: Float32Array;
}

/** What a prompt is made of: the rows before the embeddings, and those before layers. They share its memory. */
export function partsOf(session: Session, { tokens, units, data, deep }: SoftPrompt): PromptPart[] {
  const first = { module: "prompt", point: embeddingPoint(session), shape: [tokens, units], data } as const;
  if (deep === undefined) return [first];
  const size = tokens * deep.units;
  const layers = Array.from({ length: session.dimensions.layers - 1 }, (_, i): PromptPart => ({
    module: `prompt.${i + 1}`,
    point: `layers.${i + 1}.residual.in`,
    shape: [tokens, deep.units],
    data: deep.data.subarray(i * size, (i + 1) * size),
  }));
  return [first, ...layers];
}

/** The same prompt in memory of its own. */
export function copied(prompt: SoftPrompt): SoftPrompt {
  const { data, deep } = prompt;
  return { ...prompt, data: data.slice(), ...(deep && { deep: { ...deep, data: deep.data.slice() } }) };
}

/** The gradient of a part in what a backward pass brought back. */
export const gradientOf = ({ trained }: Backward, { module }: PromptPart): Float32Array =>
  trained[module]![tensor]!.data;

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
export function promptEdits(session: Session, prompt: SoftPrompt): Edit[] {
  return partsOf(session, prompt).map(({ module, point, shape, data }) =>
    edit(
      `${point}[position=0:${prompt.tokens}]`,
      trainable(module, { [tensor]: { shape, data } }, (x, p) => x.zeros().add(p[tensor]!.along(x, 1))),
    ),
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

/**
 * Token ids of texts with their special tokens, or of rows given as ids. Throws one line that names the text when one has no
 * tokens, or too many beside `others`, those of the prompt and of the label words.
 */
export async function idsOf(
  session: Session,
  texts: readonly (string | readonly number[])[],
  others: number,
): Promise<readonly (readonly number[])[]> {
  const { vocabulary, maxPositions } = session.dimensions;
  const limits = { vocabulary, maxPositions: Infinity };
  const tokenizer = () => session.tokenizer();
  const ids: (readonly number[])[] = [];
  for (const [i, text] of texts.entries()) {
    const read = await readInput(text, limits, tokenizer).catch((error: unknown) => {
      throw new Error(`text ${i}: ${error instanceof Error ? error.message : String(error)}`);
    });
    const row = read.ids[0]!;
    if (row.length + others > maxPositions)
      throw new Error(
        `text ${i} of ${row.length} tokens, with ${others} of prompt and label words: the model reads at most ${maxPositions}`,
      );
    ids.push(row);
  }
  return ids;
}

/** Throws one line for a prompt that is not for this model. */
export async function checkPrompt(session: Session, prompt: SoftPrompt): Promise<void> {
  // As code that no compiler has seen may call it.
  if (!((prompt as Partial<SoftPrompt> | undefined)?.data instanceof Float32Array))
    throw new Error("no soft prompt: give the `prompt` of what tune or loadPrompt gave");
  const { tokens, units, data, deep } = prompt;
  if (!Number.isInteger(tokens) || tokens < 1 || data.length !== tokens * units)
    throw new Error(`prompt of ${tokens} tokens × ${units} units has ${data.length} numbers`);
  const expected = await unitsAt(session, embeddingPoint(session));
  if (units !== expected)
    throw new Error(`prompt of ${units} units a token: this model's embeddings have ${expected}`);
  if (deep === undefined) return;
  const { layers } = session.dimensions;
  const residual = await unitsAt(session, "layers.0.residual.in");
  if (deep.units !== residual || deep.data.length !== (layers - 1) * tokens * residual)
    throw new Error(
      `deep prompt of ${deep.data.length} numbers, ${deep.units} units a token: this model's ${layers} layers need ${(layers - 1) * tokens * residual}, ${residual} units a token`,
    );
}

/** Units of a hook point. */
export async function unitsAt(session: Session, point: string): Promise<number> {
  const { points } = await session.estimate([[placeholder]], {
    hooks: [{ kind: "capture", selector: point }],
    logits: "none",
    // A lasting hook may need more positions than this row has.
    groups: [],
  });
  return points[0]!.shape.at(-1)!;
}
