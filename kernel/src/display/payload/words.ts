import type { Provenance } from "./provenance.js";

/** Where a result comes from, in one line. */
export function provenanceLine(from: Provenance): string {
  const versions = Object.entries(from.versions).map(([name, version]) => `${name} ${version}`);
  const seed = from.seed === null ? [] : [`seed ${from.seed}`];
  const model = `${from.model} (${from.fingerprint.slice(0, 12)})`;
  const devices = [...new Set(from.devices)].join(", ");
  const edited = from.edited?.length ? [`edited ${from.edited.join(", ")}`] : [];
  const tokens = from.tokens ? [`tokens ${from.tokens.slice(0, 12)}`] : [];
  return [model, ...edited, from.mesh, devices, from.dtype, ...seed, ...versions, ...tokens, from.call]
    .filter(Boolean)
    .join(" · ");
}

/**
 * A token as an axis shows it: the space that begins a word is dropped (also in its byte-level spelling `Ġ`),
 * and what would be invisible or break the line is named.
 */
export function tokenLabel(token: string): string {
  const bare = token.replace(/^[ Ġ▁](?=\S)/u, "");
  return (
    bare
      .replace(/\r\n|\n|Ċ/gu, "↵")
      .replace(/\t|ĉ/gu, "⇥")
      .replace(/[\u0000-\u001f\u007f-\u009f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, "·")
      .replace(/[ \u00a0Ġ▁]/gu, "␣") || "∅"
  );
}

/** `1.2 GB`, `340 MB`, as the planner prints them too. */
export function printBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`;
  return `${Math.round(bytes / 1e3)} kB`;
}

/** Four significant digits, without an exponent where a few digits do; zero, NaN and infinities by their names. */
export function printNumber(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value).replace("Infinity", "∞").replace("-", "−");
  const size = Math.abs(value);
  const text =
    size >= 1e6 || size < 1e-3
      ? value.toExponential(3)
      : value.toFixed(Math.max(0, 3 - Math.floor(Math.log10(size))));
  return text.replace(/-/g, "−");
}
