import { AsyncLocalStorage } from "node:async_hooks";

/** What asynchronous work of a cell carries with it. */
export interface CellContext {
  readonly cell: number;
  readonly controller: AbortController;
  /** Names that the cell has set, as the user wrote them. */
  readonly reached: string[];
  /** When the cell was interrupted, in milliseconds of `performance.now()`. */
  interruptedAt?: number;
}

export const cellContext = new AsyncLocalStorage<CellContext>();

/** The cell that the running code belongs to; 0 when that is not known. */
export function currentCell(): number {
  return cellContext.getStore()?.cell ?? 0;
}

/** Milliseconds for which an interrupted cell may still print and await, so that its `finally` blocks can do their work and say so. */
const farewell = 1000;

/** Throws into code of an interrupted cell that still runs: a loop that ignores its signal ends when it next prints or comes out of an await. */
export function endIfInterrupted(): void {
  const context = cellContext.getStore();
  if (context?.interruptedAt === undefined) return;
  if (performance.now() - context.interruptedAt > farewell) throw context.controller.signal.reason;
}

/** What the code of a cell awaited. A loop over reads or requests would else run on, unseen, after its interrupt. */
export function resumed(value: unknown): unknown {
  endIfInterrupted();
  return value;
}

/** Why a cell's signal is aborted. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor() {
    super("the cell was interrupted");
  }
}
