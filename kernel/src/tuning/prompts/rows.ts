import type { Session } from "../../session/session.js";
import { sha256Of } from "../datasets/source.js";
import type { ReadRow } from "./promptStep.js";
import { idsOf } from "./softPrompt.js";
import { inTemplate } from "./template.js";
import type { TuningRow } from "./types.js";

/** Throws one line for no rows, and for one whose class has no words. */
export function checkRows(rows: readonly TuningRow[], classes: number, what: string): void {
  if (rows.length === 0) throw new Error(`no ${what}`);
  const wrong = rows.find(({ label }) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (wrong !== undefined)
    throw new Error(`class ${wrong.label} of a row: there are words of ${classes} classes`);
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
