import { checkList } from "../../session/givenList.js";
import { checkClass } from "../../tuning/datasets/classIndex.js";

/** What a model said of one sentence. */
export interface Prediction {
  readonly category: string;
  readonly group: string;
  /** Index of the gold class. */
  readonly label: number;
  /** Index of the class that the model said, or null when no class could be read from what it said. */
  readonly predicted: number | null;
  /** Probability of each class, where it is known. */
  readonly probabilities?: readonly number[];
  /** What the sentence was made of. Sentences of one template are not independent. */
  readonly template?: string;
}

/** Throws one line when a row has no category or group, names a class that is not there, or has a probability that is none. */
export function checkPredictions(rows: readonly Prediction[], classes: readonly string[]): void {
  checkList("rows", rows, "give predictions, as classify and classifySuite return them");
  rows.forEach(({ category, group, label, predicted, probabilities }, i) => {
    for (const [what, name] of Object.entries({ category, group }))
      if (typeof name !== "string")
        throw new Error(`row ${i} has ${what} ${String(name)}: it must be a name`);
    // Rows over a whole category have the group "".
    if (group === "") throw new Error(`row ${i} has group "": give it a name`);
    const there = `there are ${classes.join(", ")}`;
    checkClass(`row ${i} has label`, label, classes.length, there);
    if (predicted !== null) checkClass(`row ${i} has predicted`, predicted, classes.length, there);
    if (probabilities !== undefined && probabilities.length !== classes.length)
      throw new RangeError(
        `row ${i} has ${probabilities.length} probabilities, there are ${classes.length} classes`,
      );
    // A model may say 1 as a little more.
    const odd = probabilities?.find((p) => p < 0 || p > 1 + 1e-4);
    if (odd !== undefined)
      throw new RangeError(`row ${i} has probability ${odd}: it must lie between 0 and 1`);
  });
}

/** Rows by what `key` says of them, in the order in which each comes first. */
export function groupBy<Row>(rows: readonly Row[], key: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const of = key(row);
    const group = groups.get(of);
    if (group === undefined) groups.set(of, [row]);
    else group.push(row);
  }
  return groups;
}

/** Rows by group within category, in the order of their first rows. */
export function groupsOf<Row extends { readonly category: string; readonly group: string }>(
  rows: readonly Row[],
): Row[][] {
  return [...groupBy(rows, ({ category, group }) => JSON.stringify([category, group])).values()];
}
