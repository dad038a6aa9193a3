import { inspect } from "node:util";

const marks = new Set(["async_id_symbol", "trigger_async_id_symbol", "kResourceStore"]);

/**
 * Following asynchronous context makes Node 20 put its own symbols on every promise, and its inspector prints them.
 * They are hidden here, at the moment a promise is printed.
 */
export function printPlainPromises(): void {
  Object.defineProperty(Promise.prototype, inspect.custom, {
    configurable: true,
    enumerable: false,
    value(this: object) {
      for (const symbol of Object.getOwnPropertySymbols(this))
        if (marks.has(symbol.description ?? "")) Object.defineProperty(this, symbol, { enumerable: false });
      // Returning the value itself makes the inspector print it in its own way.
      return this;
    },
  });
}
