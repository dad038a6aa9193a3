import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import promises from "node:timers/promises";
import { promisify } from "node:util";
import { cellContext } from "./context.js";

type Callback = (this: unknown, ...args: unknown[]) => unknown;
type Start = (callback: Callback, ...rest: unknown[]) => unknown;
type Wait = (...args: unknown[]) => Promise<unknown>;

const interrupted = (): boolean => cellContext.getStore()?.controller.signal.aborted ?? false;

/** A timer whose callback is dropped when the cell that set it has been interrupted meanwhile. */
function callbackTimer(start: Start, wait: Wait | undefined): Start {
  const wrapped: Start = (callback, ...rest) => {
    if (typeof callback !== "function") return start(callback, ...rest);
    const timer = start(
      function (this: unknown, ...args) {
        if (!interrupted()) return callback.apply(this, args);
        clearInterval(timer as NodeJS.Timeout);
        return undefined;
      },
      ...rest,
    );
    return timer;
  };
  if (wait) Object.defineProperty(wrapped, promisify.custom, { value: wait });
  return wrapped;
}

/** A wait that rejects when the cell that waits has been interrupted meanwhile. */
function promisedTimer(start: Wait): Wait {
  return async (...args) => {
    const value = await start(...args);
    cellContext.getStore()?.controller.signal.throwIfAborted();
    return value;
  };
}

/**
 * Ends loops that yield between their steps. An interrupt answers such a cell at once, but its code would run on after
 * the next timer or immediate, unseen and for ever.
 */
export function installCellTimers(): void {
  const waits = {
    setTimeout: promisedTimer(promises.setTimeout as Wait),
    setImmediate: promisedTimer(promises.setImmediate as Wait),
  };
  const starts = {
    setTimeout: callbackTimer(timers.setTimeout as Start, waits.setTimeout),
    setImmediate: callbackTimer(timers.setImmediate as Start, waits.setImmediate),
    setInterval: callbackTimer(timers.setInterval as Start, undefined),
  };
  Object.assign(promises, waits);
  Object.assign(timers, starts);
  Object.assign(globalThis, starts);
  syncBuiltinESMExports();
}
