import { inspect } from "node:util";
import { isMimeBundle, isMimeData } from "./mime.js";

/** A value as several MIME types at once, and metadata by MIME type. */
export interface Bundle {
  readonly data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
}

/** The method by which a value says how notebooks show it, as Deno's kernel has it too. */
export const displaySymbol: unique symbol = Symbol.for("Jupyter.display");

/** A value that knows how to show itself: a bundle, or plain MIME data. */
export interface Displayable {
  [displaySymbol](): Bundle | Record<string, unknown>;
}

function isDisplayable(value: unknown): value is Displayable {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof (value as Partial<Displayable>)[displaySymbol] === "function"
  );
}

/** MIME types hold a slash, so `{data, metadata}` cannot be mistaken for MIME data. */
function isBundle(value: object): value is Bundle {
  return "data" in value && typeof value.data === "object" && value.data !== null;
}

/**
 * How a value is shown: by its own `Symbol.for("Jupyter.display")` method; MIME data and bundles of it as what they hold; a
 * string as it is; all else as Node's inspector prints it.
 */
export function bundleOf(value: unknown): Bundle {
  if (isDisplayable(value)) {
    const shown: unknown = value[displaySymbol]();
    if (typeof shown !== "object" || shown === null)
      throw new TypeError(`Symbol.for("Jupyter.display") returned ${inspect(shown)}, not MIME data`);
    if (isBundle(shown)) return { data: shown.data, metadata: shown.metadata ?? {} };
    return { data: shown as Record<string, unknown>, metadata: {} };
  }
  if (isMimeBundle(value)) return { data: value.data, metadata: value.metadata ?? {} };
  if (isMimeData(value)) return { data: value, metadata: {} };
  return { data: { "text/plain": typeof value === "string" ? value : inspect(value) }, metadata: {} };
}

const inBundle = (data: Record<string, unknown>, metadata: Record<string, unknown> = {}): Displayable => ({
  [displaySymbol]: () => ({ data, metadata }),
});

/** Shows a piece of HTML; `plain` is what a terminal gets. */
export function html(source: string, plain = source): Displayable {
  return inBundle({ "text/html": source, "text/plain": plain });
}

/** Shows Markdown. */
export function markdown(source: string): Displayable {
  return inBundle({ "text/markdown": source, "text/plain": source });
}

/** Shows a PNG image; `alt` says what it shows to whoever cannot see it. */
export function png(bytes: Uint8Array, alt: string): Displayable {
  return inBundle(
    { "image/png": Buffer.from(bytes).toString("base64"), "text/plain": alt },
    { "image/png": { alt } },
  );
}
