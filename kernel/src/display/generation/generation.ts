import type { Bundle } from "../bundle.js";
import { escapeHtml } from "../escape.js";
import { LiveOutput } from "../live.js";
import type { Provenance } from "../payload/provenance.js";
import { provenanceLine } from "../payload/words.js";

/** A prompt and what it was continued with so far. */
export interface ShownRow {
  readonly prompt: string;
  readonly text: string;
  /** Undefined while it grows. */
  readonly ended: "stop" | "length" | undefined;
}

/** So many rows are shown; how many more there are is said. */
const mostRows = 32;

/** Prompts and their continuations, told apart by their look; in text by a bar between them. */
export function generationBundle(rows: readonly ShownRow[], provenance?: Provenance): Bundle {
  const shown = rows.slice(0, mostRows);
  const more = rows.length > mostRows ? [`and ${rows.length - mostRows} more rows`] : [];
  const from = provenance === undefined ? [] : [provenanceLine(provenance)];
  const notes = [...more, ...from];
  const html = [
    ...shown.map(htmlOf),
    ...notes.map((note) => `<div style="font-size: 85%; opacity: 0.7">${escapeHtml(note)}</div>`),
  ];
  const text = shown.map(({ prompt, text, ended }) => `${prompt}│${text}${ended === undefined ? "…" : ""}`);
  return {
    data: { "text/html": html.join(""), "text/plain": [...text, ...notes].join("\n") },
    metadata: {},
  };
}

function htmlOf({ prompt, text, ended }: ShownRow): string {
  const cursor = ended === undefined ? '<span aria-hidden="true">▍</span>' : "";
  return (
    `<div style="white-space: pre-wrap; margin-bottom: 0.4em">` +
    `<span style="opacity: 0.65">${escapeHtml(prompt)}</span>` +
    `<span style="font-weight: 600">${escapeHtml(text)}</span>${cursor}</div>`
  );
}

/** Continuations in the cell, as they grow. Nothing is shown where there is no notebook. */
export class GrowingText {
  readonly #rows: ShownRow[];
  readonly #output: LiveOutput;

  constructor(prompts: readonly string[]) {
    this.#rows = prompts.map((prompt) => ({ prompt, text: "", ended: undefined }));
    this.#output = new LiveOutput(() => generationBundle(this.#rows));
  }

  add(index: number, text: string): void {
    const row = this.#rows[index]!;
    this.#rows[index] = { ...row, text: row.text + text };
    this.#output.changed();
  }

  /** Shows the last state: what was generated, or, without rows, as far as it came. */
  finish(rows: readonly Pick<ShownRow, "text" | "ended">[] = []): void {
    for (const [index, { text, ended }] of rows.entries())
      this.#rows[index] = { ...this.#rows[index]!, text, ended };
    this.#output.finish();
  }
}
