import type { Input } from "../session/types.js";

/** Throws one line for no prompt, and for several, of which a lens that reads one would show the first alone. */
export function checkPrompt(what: string, input: Input): void {
  if (input === undefined) throw new Error(`${what} is undefined: give a text, or its token ids`);
  if (Array.isArray(input) && input.some((each) => typeof each !== "number"))
    throw new Error(`${what} of ${input.length} rows: give one text, or the ids of one`);
}
