import type { Bundle } from "./bundle.js";
import { escapeHtml } from "./escape.js";
import { LiveOutput } from "./live.js";

/** A bar that moves in place. */
export interface Progress {
  /** `done` of the total so far; `note` stands beside the bar. */
  set(done: number, note?: string): void;
  /** So much more, one unless given. */
  advance(by?: number, note?: string): void;
  /** The last state, always shown. With `note`, what came of it. */
  finish(note?: string): void;
}

export interface ProgressState {
  readonly done: number;
  readonly total: number;
  readonly label: string;
  readonly note: string;
}

const cells = 24;

function progressText({ done, total, label, note }: ProgressState): string {
  const filled = total === 0 ? cells : Math.floor((done / total) * cells);
  const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
  const bar = "█".repeat(filled) + "░".repeat(cells - filled);
  return `${label} ${bar} ${String(percent).padStart(3)} %${note === "" ? "" : `  ${note}`}`;
}

function progressBundle(state: ProgressState): Bundle {
  const { done, total, label, note } = state;
  const share = total === 0 ? 1 : done / total;
  const html =
    `<div style="padding: 2px 0">${escapeHtml(label)} ` +
    `<progress value="${share.toFixed(4)}" max="1" aria-label="${escapeHtml(label)}"></progress> ` +
    `${Math.floor(share * 100)} %${note === "" ? "" : ` · ${escapeHtml(note)}`}</div>`;
  return { data: { "text/html": html, "text/plain": progressText(state) }, metadata: {} };
}

/**
 * A progress bar of `total` steps (0 is complete at once). In a notebook it is one output that is replaced in place; elsewhere one
 * line on stderr, redrawn on terminals and printed once at the end into files and pipes.
 */
export function progress(total: number, label: string): Progress {
  if (!Number.isFinite(total) || total < 0)
    throw new RangeError(`progress total ${total}: it must be at least 0`);
  let state: ProgressState = { done: 0, total, label, note: "" };
  let finished = false;
  const output = new LiveOutput(
    () => progressBundle(state),
    (_, last) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${progressText(state)}${last ? "\n" : ""}`);
      else if (last) process.stderr.write(`${progressText(state)}\n`);
    },
  );
  const set = (done: number, note = state.note): void => {
    if (finished) throw new Error(`progress "${label}" has finished`);
    if (!Number.isFinite(done) || done < 0 || done > total)
      throw new RangeError(`progress "${label}" at ${done} of ${total}`);
    state = { ...state, done, note };
    output.changed();
  };
  return {
    set,
    advance: (by = 1, note) => set(state.done + by, note),
    finish: (note = state.note) => {
      if (finished) return;
      finished = true;
      state = { ...state, note };
      output.finish();
    },
  };
}
