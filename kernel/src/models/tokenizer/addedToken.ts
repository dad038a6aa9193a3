import { z } from "zod";

/** A token beside the model's own vocabulary, found in the text before anything else is. */
export interface AddedToken {
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Whether it is looked for in the normalised text; undefined means: exactly if it is not special. */
  readonly normalized: boolean | undefined;
  readonly special: boolean;
}

/** A token with a role may be written as its content alone. */
export type TokenValue = string | AddedToken;

export const addedToken = z.object({
  content: z.string(),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z
    .boolean()
    .nullish()
    .transform((value) => value ?? undefined),
  special: z.boolean().default(false),
});

export function contentOf(value: TokenValue): string {
  return typeof value === "string" ? value : value.content;
}

export function normalized(token: AddedToken): boolean {
  return token.normalized ?? !token.special;
}

/** Equality as Python has it: text is never equal to a token with properties. */
export function sameToken(one: TokenValue, other: TokenValue): boolean {
  if (typeof one === "string" || typeof other === "string") return one === other;
  return (
    one.content === other.content &&
    one.single_word === other.single_word &&
    one.lstrip === other.lstrip &&
    one.rstrip === other.rstrip &&
    normalized(one) === normalized(other) &&
    one.special === other.special
  );
}
