/**
 * Throws one line for an option that a figure does not have: one that is misspelt would be as if it were not there.
 *
 * @param names every option by name; the compiler says when one is missing
 */
export function checkNames<Options extends object>(
  figure: string,
  given: Options,
  names: Readonly<Record<keyof Required<Options>, true>>,
): void {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new Error(
      `options of ${figure} are ${Array.isArray(given) ? "a list" : String(given)}: give an object`,
    );
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(names, name));
  if (unknown !== undefined)
    throw new Error(`${figure} has no option "${unknown}": it has ${Object.keys(names).join(", ")}`);
}
