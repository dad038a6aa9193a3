import { randomUUID } from "node:crypto";
import { bundleOf } from "./bundle.js";
import { currentSink } from "./sink.js";

/** Something already shown, which can be replaced where it stands. */
export interface DisplayHandle {
  readonly id: string;
  update(value: unknown): void;
}

/**
 * Shows a value in the cell's output: by its `Symbol.for("Jupyter.display")` method, else as text. With the `id` of an
 * earlier display, `update: true` replaces that one.
 */
export function display(value: unknown, options: { id?: string; update?: boolean } = {}): DisplayHandle {
  const id = options.id ?? randomUUID();
  currentSink().display(bundleOf(value), { id, update: options.update ?? false });
  return { id, update: (next) => currentSink().display(bundleOf(next), { id, update: true }) };
}

/** Removes the cell's output so far; with `wait`, only when something new is shown. */
export function clear(wait = false): void {
  currentSink().clear(wait);
}
