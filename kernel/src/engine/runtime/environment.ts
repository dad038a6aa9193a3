import { cInterface } from "./cInterface.js";
import type { Handle } from "./cTable.js";

/** What sessions compute with. */
export interface Crew {
  readonly threads: number;
  /** Whether threads may spin between operators; costly when processes share cores. */
  readonly spin: boolean;
  /**
   * Whether all sessions of this process have their threads and an arena in common. Theirs goes on from one segment to the next
   * without having to be woken, in memory that is still in a core's cache. Only in a process that is all ours: onnxruntime
   * has one environment, and a cell that loads it first has begun another.
   */
  readonly shared: boolean;
}

/** The environment of this process, and the kind of memory that it computes in. */
export interface Environment {
  readonly handle: Handle;
  readonly memory: Handle;
}

/** What onnxruntime writes to our streams: only what is fatal. Every failure also comes as an error, which we report ourselves. */
export const logged = 4;

let begun: Environment | undefined;

/** Begins the environment of this process, with what is shared if that is wanted. */
export function environment(crew: Crew): Environment {
  return (begun ??= begin(crew));
}

function begin({ threads, spin, shared }: Crew): Environment {
  const c = cInterface();
  const memory = c.createHostMemory();
  if (!shared) return { handle: c.createEnvironment(logged, "vitrail"), memory };
  const threading = c.createThreading();
  c.setGlobalThreads(threading, threads, 1);
  c.setGlobalSpinning(threading, spin);
  const handle = c.createSharingEnvironment(logged, "vitrail", threading);
  // Segments run one after another: with an arena of its own each would keep for good what its largest run needed.
  c.shareArena(handle, memory);
  return { handle, memory };
}
