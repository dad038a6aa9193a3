/** Lists that results of readers and of `identify` hold: what was meant where the whole was given. */
const parts = ["rows", "items", "judgements"] as const;

/** Throws one line for the whole of such a result, where its list is asked for. */
export function refuseWhole(what: string, given: unknown): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return;
  const part = parts.find((name) => Array.isArray((given as Readonly<Record<string, unknown>>)[name]));
  if (part !== undefined) throw new Error(`${what}: an object that has a list of ${part}: give its .${part}`);
}

/** Throws one line for what is no list, which says where its list is if it has one. */
export function checkList(what: string, given: unknown, cure: string): void {
  refuseWhole(what, given);
  if (!Array.isArray(given))
    throw new Error(`${what} are ${given === null ? "null" : typeof given}: ${cure}`);
}
