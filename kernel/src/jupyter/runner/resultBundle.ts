import { inspect } from "node:util";
import type { MimeBundle } from "./protocol.js";

const displaySymbol = Symbol.for("Jupyter.display");

type Method = () => unknown;

function displayMethod(value: unknown): Method | undefined {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return undefined;
  const method: unknown = (value as Record<symbol, unknown>)[displaySymbol];
  return typeof method === "function" ? (method as Method) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Bytes in a bundle travel as base64, as the notebook format wants them. */
export function jsonBundle({ data, metadata }: MimeBundle): MimeBundle {
  const encoded = Object.entries(data).map(([type, value]) => [
    type,
    value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
  ]);
  return { data: Object.fromEntries(encoded) as Record<string, unknown>, metadata };
}

/** MIME types hold a slash, so `{data, metadata}` cannot be mistaken for MIME data. */
function asBundle(shown: unknown, value: unknown): MimeBundle | undefined {
  if (!isObject(shown))
    throw new TypeError(`Symbol.for("Jupyter.display") returned ${inspect(shown)}, not MIME data`);
  const whole = isObject(shown["data"]);
  const data = whole ? (shown["data"] as Record<string, unknown>) : shown;
  const metadata = whole && isObject(shown["metadata"]) ? shown["metadata"] : {};
  if (Object.keys(data).length === 0) return undefined;
  return jsonBundle({
    data: "text/plain" in data ? data : { ...data, "text/plain": inspect(value) },
    metadata,
  });
}

/**
 * How a cell's value is shown: by its `Symbol.for("Jupyter.display")` method (MIME data, or `{data, metadata}`, or a
 * promise of either), else as Node's inspector prints it, without colours. Undefined when the method gives no data: that
 * value shows nothing.
 */
export function resultBundle(value: unknown): MimeBundle | undefined | Promise<MimeBundle | undefined> {
  const method = displayMethod(value);
  if (!method) return { data: { "text/plain": inspect(value, { colors: false }) }, metadata: {} };
  const shown = method.call(value);
  return shown instanceof Promise ? shown.then((late) => asBundle(late, value)) : asBundle(shown, value);
}
