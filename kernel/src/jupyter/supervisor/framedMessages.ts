import type { Readable } from "node:stream";
import type { ZodType } from "zod";
import { FrameReader } from "../runner/frames.js";

/** Reads framed messages of a schema; after the first that is none, nothing more. */
export function readMessages<T>(
  stream: Readable,
  schema: ZodType<T>,
  receive: (message: T) => void,
  failed: (error: Error) => void,
): void {
  const reader = new FrameReader();
  let broken = false;
  stream.on("data", (chunk: Buffer) => {
    if (broken) return;
    let messages: T[];
    try {
      messages = reader.read(chunk).map((value) => schema.parse(value));
    } catch (error) {
      broken = true;
      return failed(error as Error);
    }
    messages.forEach(receive);
  });
}
