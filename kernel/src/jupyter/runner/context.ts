import { AsyncLocalStorage } from "node:async_hooks";

/** What asynchronous work of a cell carries with it. */
export interface CellContext {
  readonly cell: number;
  readonly controller: AbortController;
}

export const cellContext = new AsyncLocalStorage<CellContext>();

/** The cell that the running code belongs to; 0 when that is not known. */
export function currentCell(): number {
  return cellContext.getStore()?.cell ?? 0;
}

/** Why a cell's signal is aborted. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor() {
    super("the cell was interrupted");
  }
}
