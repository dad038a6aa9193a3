/**
 * Throws one line for what is no index of a class. A table's cells are texts: "2" would be another class than 2 where the two
 * are compared, and say nothing of it, so that the line shows which of them it is.
 *
 * @param what whose class it is, such as `row 3 has label`
 * @param there the classes that there are, as the line tells them; default: not known
 */
export function checkClass(
  what: string,
  given: unknown,
  classes = Infinity,
  there = "it must be a whole number, 0 or more",
): void {
  if (typeof given === "number") {
    if (Number.isInteger(given) && given >= 0 && given < classes) return;
    throw new RangeError(`${what} ${given}: ${there}`);
  }
  const shown = `${what} ${JSON.stringify(given)}`;
  if (typeof given !== "string") throw new RangeError(`${shown}: give the index of its class, 0 or more`);
  const cure = /^\d+$/.test(given) ? "a number, by Number(…)" : "the index of its class, 0 or more";
  throw new RangeError(`${shown}, which is text: give ${cure}`);
}
