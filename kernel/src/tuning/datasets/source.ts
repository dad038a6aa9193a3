import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** What tells a file from another. */
interface Named {
  readonly path: string;
  /** Of its bytes, in hexadecimal. */
  readonly sha256: string;
}

/** A file of bytes that was read whole. */
export interface Bytes extends Named {
  readonly bytes: Uint8Array;
}

/** A file of text that was read whole. */
export interface Source extends Named {
  readonly text: string;
}

/** Reads a file. Throws one line when it is missing or has another hash than it should. */
export async function readBytes(path: string, sha256?: string): Promise<Bytes> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new Error(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  const found = sha256Of(bytes);
  if (sha256 !== undefined && found !== sha256)
    throw new Error(`${path} has sha256 ${found}, expected ${sha256}`);
  return { path, sha256: found, bytes };
}

/** Reads a UTF-8 file. Throws one line when it is missing, is not UTF-8, or has another hash than it should. */
export async function readSource(path: string, sha256?: string): Promise<Source> {
  const { bytes, ...named } = await readBytes(path, sha256);
  try {
    return { ...named, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    throw new Error(`${path} is not UTF-8`);
  }
}

/** The value that a file of JSON holds. Throws one line when it is not JSON. */
export function parseJson({ path, text }: Source): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON: ${(error as Error).message.replace(/\s+/g, " ")}`);
  }
}

/** SHA-256 of bytes or of a text in UTF-8, in hexadecimal. */
export function sha256Of(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
