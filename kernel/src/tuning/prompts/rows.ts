import { nearest } from "../../graph/nearest.js";
import { refuseWhole } from "../../session/givenList.js";
import type { Session } from "../../session/session.js";
import { checkClass } from "../datasets/classIndex.js";
import { sha256Of } from "../datasets/source.js";
import type { ReadRow } from "./promptStep.js";
import { idsOf } from "./softPrompt.js";
import { inTemplate } from "./template.js";
import type { TuningData, TuningRow } from "./types.js";

/** Rows to test on may stand beside the others, as `tuneGrid` takes them; a tuning never looks at them. */
const parts = ["train", "validation", "test"];

/** The rows of a tuning. Throws one line for a part that there is not, which would be left out unseen. */
export function dataOf(data: TuningData): { train: readonly TuningRow[]; validation?: readonly TuningRow[] } {
  if (Array.isArray(data)) return { train: data as readonly TuningRow[] };
  refuseWhole("data", data);
  const given = Object.keys(data ?? {});
  const unknown = given.find((name) => !parts.includes(name));
  if (unknown !== undefined)
    throw new Error(`data has no part "${unknown}": nearest is ${nearest(unknown, parts)[0]}`);
  if (!given.includes("train")) throw new Error("no rows to tune on: give a list, or { train, validation }");
  return data as { train: readonly TuningRow[]; validation?: readonly TuningRow[] };
}

/**
 * Throws one line for no rows, and for one whose label is no class that has words.
 *
 * @param none what to do where there are none
 */
export function checkRows(
  rows: readonly TuningRow[],
  classes: number | undefined,
  what: string,
  none = "",
): void {
  refuseWhole(what, rows);
  if (!Array.isArray(rows) || rows.length === 0) throw new Error(`no ${what}${none}`);
  const bare = rows.findIndex((row) => typeof row !== "object" || row === null || Array.isArray(row));
  if (bare >= 0) throw new Error(`row ${bare} is ${JSON.stringify(rows[bare])}: give { text, label }`);
  const there = classes === undefined ? undefined : `there are words of ${classes} classes`;
  rows.forEach(({ label }: TuningRow, i) => checkClass(`${what}: row ${i} has label`, label, classes, there));
}

/** What a model reads of rows: texts in their template, ids as they are. Throws as `idsOf` does, with what the rows are for. */
export async function readRows(
  session: Session,
  rows: readonly TuningRow[],
  template: string,
  others: number,
  what: string,
): Promise<ReadRow[]> {
  const texts = rows.map(({ text }) => (typeof text === "string" ? inTemplate(template, text) : text));
  const ids = await idsOf(session, texts, others).catch((error: unknown) => {
    throw new Error(`${what} ${error instanceof Error ? error.message : String(error)}`);
  });
  return rows.map(({ label }, i) => ({ ids: ids[i]!, label }));
}

/** SHA-256 of rows, `[[text or ids, class], …]` as JSON. */
export function rowsSha(rows: readonly TuningRow[]): string {
  return sha256Of(JSON.stringify(rows.map(({ text, label }) => [text, label])));
}

/** The numbers of the rows of a tuning in the order of an epoch, drawn by the seed anew for each (Fisher & Yates 1938). */
export function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
