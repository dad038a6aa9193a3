import type { Displayable } from "../../display/index.js";
import { mapLabels, sentiment, shownTexts, type LabelledTexts } from "./labelled.js";
import { readTable } from "./table.js";

/**
 * How seven degrees of valence, −3 to 3, become three classes. `sign`: below, at and above 0. `wide`: −3 and −2, −1 to
 * 1, 2 and 3. Both are in use for SemEval-2018; which one a published result used is often not said.
 */
export type ValenceMap = "sign" | "wide";

const borders: Readonly<Record<ValenceMap, number>> = { sign: 1, wide: 2 };

/**
 * Tweets of SemEval-2018 Task 1, V-oc (Mohammad et al. 2018), as negative, neutral and positive. The file is tab-separated
 * with the header `ID, Tweet, Affect Dimension, Intensity Class`, and a class reads `-3: very negative …`.
 */
export async function readSemeval(path: string, map: ValenceMap): Promise<LabelledTexts & Displayable> {
  if (!Object.hasOwn(borders, map))
    throw new Error(`map "${String(map)}" of SemEval: choose ${Object.keys(borders).join(" or ")}`);
  const border = borders[map];
  const { rows, sha256 } = await readTable(path, {
    format: "tsv",
    columns: { text: "Tweet", label: "Intensity Class" },
  });
  const degrees = rows.map(({ text, label }) => ({ text, label: label.slice(0, label.indexOf(":")) }));
  const classOf = (degree: number) => (degree <= -border ? 0 : degree >= border ? 2 : 1);
  const labels = Object.fromEntries([-3, -2, -1, 0, 1, 2, 3].map((each) => [String(each), classOf(each)]));
  return shownTexts({
    name: `SemEval-2018 V-oc (${map})`,
    classes: sentiment,
    sha256,
    ...mapLabels(path, degrees, sentiment, labels),
  });
}
