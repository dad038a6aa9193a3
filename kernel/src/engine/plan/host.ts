import { availableParallelism } from "node:os";
import { createSegment, removeSegment } from "../collectives/segment.js";
import { freeMemory } from "./memory.js";
import type { Host } from "./plan.js";

/** What this host has now. Shared memory is tried, not guessed. */
export function inspectHost(): Host {
  return { cores: availableParallelism(), freeBytes: freeMemory(), noSharedMemory: trySharedMemory() };
}

/** Why shared-memory collectives cannot be had here, or undefined where they can. */
export function trySharedMemory(): string | undefined {
  try {
    removeSegment(createSegment(2, 4096));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
