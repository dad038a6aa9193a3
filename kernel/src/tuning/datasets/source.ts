import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A file that was read whole, and what tells it from another. */
export interface Source {
  readonly path: string;
  /** Of its bytes, in hexadecimal. */
  readonly sha256: string;
  readonly text: string;
}

/** Reads a UTF-8 file. Throws one line when it is missing, is not UTF-8, or has another hash than it should. */
export function readSource(path: string, sha256?: string): Source {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new Error(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  const found = sha256Of(bytes);
  if (sha256 !== undefined && found !== sha256)
    throw new Error(`${path} has sha256 ${found}, expected ${sha256}`);
  try {
    return { path, sha256: found, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    throw new Error(`${path} is not UTF-8`);
  }
}

/** SHA-256 of bytes or of a text in UTF-8, in hexadecimal. */
export function sha256Of(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
