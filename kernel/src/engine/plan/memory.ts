import { freemem } from "node:os";

/** What a worker needs beside weights: node, onnxruntime's code, small buffers. Measured at 70 to 110 MB. */
export const processBytes = 110e6;

/** Bytes that could be had now without swapping, as far as the container allows. */
export function freeMemory(): number {
  // Inside a container the host's figure would promise too much.
  return Math.min(freemem(), process.availableMemory());
}
