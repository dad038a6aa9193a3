import { CancelledError } from "./cancelled.js";

/** What a call threw, and what of many it was asked about; an interrupt stays what it is. */
export function saying(what: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof CancelledError) return error;
  return new Error(`${what}: ${error.message}`, { cause: error });
}
