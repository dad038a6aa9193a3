import type { Displayable } from "../../display/index.js";
import { mapLabels, sentiment, shownTexts, type LabelMap, type LabelledTexts } from "./labelled.js";
import { readSource } from "./source.js";

/** How five degrees become three classes: `grouped` joins 0 with 1 and 3 with 4, `extreme` leaves 1 and 3 out. */
export type SstMap = "grouped" | "extreme" | "five";

const labels: Readonly<Record<SstMap, LabelMap>> = {
  grouped: { "0": 0, "1": 0, "2": 1, "3": 2, "4": 2 },
  extreme: { "0": 0, "1": null, "2": 1, "3": null, "4": 2 },
  five: { "0": 0, "1": 1, "2": 2, "3": 3, "4": 4 },
};

const fiveClasses = ["very negative", "negative", "neutral", "positive", "very positive"];

/**
 * Sentences of the Stanford Sentiment Treebank (Socher et al. 2013) from its trees, one a line, such as
 * `(3 (2 A) (3 (3 fine) (2 day)))`: the label of the whole tree and its leaves, with the treebank's brackets and slashes
 * written out. Throws one line with the line's number for what is no tree.
 */
export async function readSst(path: string, map: SstMap): Promise<LabelledTexts & Displayable> {
  if (!Object.hasOwn(labels, map))
    throw new Error(`map "${String(map)}" of SST: choose ${Object.keys(labels).join(", ")}`);
  const { text, sha256 } = await readSource(path);
  const trees = text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === "") return [];
    const tree = readTree(line);
    if (tree === undefined) throw new Error(`${path} line ${i + 1} is no labelled tree`);
    return [tree];
  });
  const classes = map === "five" ? fiveClasses : sentiment;
  return shownTexts({
    name: `SST-5 (${map})`,
    classes,
    sha256,
    ...mapLabels(path, trees, classes, labels[map]),
  });
}

function readTree(line: string): { text: string; label: string } | undefined {
  const label = /^\s*\((\d) /.exec(line)?.[1];
  if (label === undefined || depthAtEnd(line) !== 0) return undefined;
  const leaves = [...line.matchAll(/\(\d ([^()\s]+)\)/g)].map(([, leaf]) => leaf!);
  if (leaves.length === 0) return undefined;
  return { label, text: leaves.map(asWritten).join(" ") };
}

function depthAtEnd(line: string): number {
  let depth = 0;
  for (const character of line.trim()) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (depth < 0) return depth;
  }
  return depth;
}

function asWritten(leaf: string): string {
  return leaf.replaceAll("-LRB-", "(").replaceAll("-RRB-", ")").replaceAll("\\/", "/").replaceAll("\\*", "*");
}
