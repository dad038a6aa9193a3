/** Every option of a call by name; the compiler says when one is missing here. */
export type OptionNames<Options> = Readonly<Record<NamesOf<Options>, true>>;

/** The names in any part of a union. */
type NamesOf<Options> = Options extends unknown ? keyof Options : never;

/**
 * Throws one line for what is no options of a call, or for one that it does not have, as from code that no compiler has
 * seen: an option that is misspelt would be as if it were not there.
 *
 * @param call as it is written, such as `plot`
 * @param hint ends the line with what is valid; by default all there are
 */
export function checkNames<Options extends object>(
  call: string,
  given: Options,
  names: OptionNames<Options>,
  hint = (_unknown: string, all: readonly string[]): string => `it has ${all.join(", ")}`,
): void {
  const all = Object.keys(names);
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new Error(
      `options of ${call} are ${Array.isArray(given) ? "a list" : String(given)}: give an object, such as { ${all[0]}: … }`,
    );
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(names, name));
  if (unknown !== undefined) throw new Error(`${call} has no option "${unknown}": ${hint(unknown, all)}`);
}
