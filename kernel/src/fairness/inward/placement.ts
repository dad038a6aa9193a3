import type { Edit } from "../../hooks/index.js";
import type { Session } from "../../session/session.js";
import {
  checkPrompt,
  embeddingPoint,
  promptEdits,
  withPlaceholders,
  type SoftPrompt,
} from "../../tuning/prompts/softPrompt.js";

/** How rows of tokens run under a tuned prompt, or without one. */
export interface Placement {
  /** Places of the prompt before each row's own tokens; 0 without one. */
  readonly before: number;
  /** What puts the prompt there. */
  readonly edits: readonly Edit[];
}

/**
 * Places for a prompt, as `classifyByPrompt` has them. Throws one line for a prompt that is not for this model, and where a
 * prompt is already put in by lasting hooks: without places it would stand in the place of the texts' first tokens.
 */
export async function placementOf(session: Session, prompt: SoftPrompt | undefined): Promise<Placement> {
  const point = embeddingPoint(session);
  const lasting = session.hooks
    .list()
    .find(
      ({ enabled, hook }) =>
        enabled &&
        hook.kind === "edit" &&
        hook.change.kind === "function" &&
        hook.change.module !== undefined &&
        hook.selector.startsWith(`${point}[position=0:`),
    );
  if (lasting !== undefined)
    throw new Error(
      `lasting hook "${lasting.name}" puts a prompt in the place of the texts' first tokens: remove it, and give the prompt as the option prompt`,
    );
  if (prompt === undefined) return { before: 0, edits: [] };
  await checkPrompt(session, prompt);
  return { before: prompt.tokens, edits: promptEdits(session, prompt) };
}

/** What runs of rows: their own tokens behind the places of the prompt. */
export function placed(
  { before }: Placement,
  rows: readonly { readonly ids: readonly number[] }[],
): (readonly number[])[] {
  return withPlaceholders(
    before,
    rows.map(({ ids }) => ids),
  );
}

/** A selector of whole points cut to the rows' own tokens, so that positions count from their first. */
export function ownTokens({ before }: Placement, selector: string): string {
  return before === 0 ? selector : `${selector}[position=${before}:]`;
}
