import { randomUUID } from "node:crypto";
import { bundleOf, displaySymbol, type Displayable } from "./bundle.js";
import type { MimeBundle, MimeData } from "./mime.js";
import { currentSink } from "./sink.js";

/** Something already shown, which can be replaced where it stands. As a cell's value it shows nothing more. */
export interface DisplayHandle extends Displayable {
  readonly id: string;
  /** Shows another value in its place. */
  update(value: unknown): void;
}

/** Under which name something is shown, and whether it takes the place of what was shown under it. */
export interface DisplayOptions {
  readonly id?: string;
  readonly update?: boolean;
}

/**
 * Shows something that is given in several MIME types, of which the front end takes the richest that it knows: an object whose
 * keys are all MIME types, or `{ data, metadata }` with such data. Bytes become base64.
 */
export function display(mime: MimeData | MimeBundle, options?: DisplayOptions): DisplayHandle;
/**
 * Shows a value in the cell's output: by its `Symbol.for("Jupyter.display")` method, else as text. With the `id` of an
 * earlier display, `update: true` replaces that one.
 */
export function display(value: unknown, options?: DisplayOptions): DisplayHandle;
export function display(value: unknown, options: DisplayOptions = {}): DisplayHandle {
  const id = options.id ?? randomUUID();
  currentSink().display(bundleOf(value), { id, update: options.update ?? false });
  const handle = {
    id,
    update: (next: unknown) => currentSink().display(bundleOf(next), { id, update: true }),
    [displaySymbol]: () => ({ data: {}, metadata: {} }),
  };
  return Object.defineProperty(handle, displaySymbol, { enumerable: false });
}

/** Removes the cell's output so far; with `wait`, only when something new is shown. */
export function clear(wait = false): void {
  currentSink().clear(wait);
}
