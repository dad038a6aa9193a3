import type { Bundle } from "./bundle.js";

/** Where shown values go. The cell runner installs one; without it, text goes to stdout. */
export interface DisplaySink {
  /** With an `id`, and `update`, everything shown under that id is replaced in place. */
  display(bundle: Bundle, options: { id?: string; update?: boolean }): void;
  clear(wait: boolean): void;
}

const key = Symbol.for("vitrail.display");

const terminal: DisplaySink = {
  display: (bundle) => {
    const text = bundle.data["text/plain"];
    const types = Object.keys(bundle.data);
    if (types.length > 0)
      process.stdout.write(`${typeof text === "string" ? text : `(${types.join(", ")})`}\n`);
  },
  clear: () => {},
};

/** The notebook's sink, or undefined outside a notebook. Looked up at each use: a restarted runner installs a new one. */
export function notebookSink(): DisplaySink | undefined {
  return (globalThis as { [key]?: DisplaySink })[key];
}

export function currentSink(): DisplaySink {
  return notebookSink() ?? terminal;
}
