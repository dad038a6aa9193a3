import { readFile } from "node:fs/promises";
import type { JsonObject } from "./checkpoint.js";
import { oneLine, quoted } from "./oneLine.js";

/** A file's object and the bytes it was read from. */
export interface JsonFile {
  readonly object: JsonObject;
  readonly bytes: Uint8Array;
}

/** Read a JSON file as `parseJsonObject` does; undefined when there is no such file. */
export async function readJsonObject(path: string): Promise<JsonFile | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`cannot read ${path}: ${oneLine(error)}`);
  }
  return { object: parseJsonObject(bytes, path), bytes };
}

/**
 * The object that UTF-8 JSON holds, with nothing guessed: NaN and Infinity, numbers too large for a double, and a
 * name that stands twice in one object are errors. Throws one line that begins with `where`.
 */
export function parseJsonObject(bytes: Uint8Array, where: string): JsonObject {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(`${where} is not utf-8 text`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const python = [...tokens(text)].find((token) => /^-?(NaN|Infinity)$/.test(token));
    throw new Error(
      python === undefined
        ? `${where} is not json: ${oneLine(error)}`
        : `${where} holds ${python}, not a number`,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`${where} holds no json object at its top`);
  }
  const twice = repeatedName(text);
  if (twice !== undefined) throw new Error(`${where} names ${quoted(twice)} twice in one object`);
  const infinite = infinitePath(value);
  if (infinite !== undefined)
    throw new Error(`${where} holds a number beyond a double at ${quoted(infinite)}`);
  return value as JsonObject;
}

function* tokens(text: string): Generator<string> {
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/gs)) yield token;
}

/** A name that one object of a valid JSON text has twice; JSON.parse keeps the last and says nothing. */
function repeatedName(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let nameNext = false;
  for (const token of tokens(text)) {
    if (nameNext && token.startsWith('"')) {
      const name = JSON.parse(token) as string;
      const names = open.at(-1)!;
      if (names.has(name)) return name;
      names.add(name);
    }
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    nameNext = token === "{" || (token === "," && open.at(-1) !== undefined);
  }
  return undefined;
}

/** Where a number too large for a double stands: JSON.parse reads `1e999` as Infinity. */
function infinitePath(value: unknown, path = ""): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : path;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = infinitePath(inner, path === "" ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
