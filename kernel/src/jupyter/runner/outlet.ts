import { writeSync } from "node:fs";
import { frame } from "./frames.js";
import { fromRunnerSchema, type FromRunner } from "./protocol.js";

/** File descriptors that the supervisor opens for the runner: commands to the interrupt thread, and what the runner tells. */
export const commandPipe = 3;
const outletPipe = 4;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Writes all bytes before it returns, also where the descriptor has been set not to block. */
export function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(sleeper, 0, 0, 1);
    }
  }
}

/**
 * Tells the supervisor. The write is synchronous: nothing is lost when the cell loops for ever, is terminated or takes
 * the process down, a flood is held back by the pipe itself, and no queued microtask is needed. Throws before writing
 * when the message is none. What a stream writes and how a cell failed is text by construction, and a cell that took from
 * the check what it needs (`Array.isArray = null`) must still end.
 */
export function tell(message: FromRunner): void {
  if (message.kind !== "stream" && message.kind !== "failed") fromRunnerSchema.parse(message);
  writeWhole(outletPipe, frame(message));
}
