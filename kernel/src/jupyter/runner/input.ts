import { cellContext } from "./context.js";
import { tell } from "./outlet.js";

interface Waiting {
  resolve(value: string): void;
  reject(reason: Error): void;
}

const waiting = new Map<number, Waiting>();
let last = 0;

/**
 * Asks the person at the notebook for a line. Rejects when the front end takes no input (nbclient, for one), and when the
 * cell is interrupted.
 */
export function input(prompt = "", options: { password?: boolean } = {}): Promise<string> {
  const context = cellContext.getStore();
  const id = ++last;
  return new Promise<string>((resolve, reject) => {
    const signal = context?.controller.signal;
    signal?.throwIfAborted();
    signal?.addEventListener("abort", () => settle(id, (entry) => entry.reject(signal.reason as Error)), {
      once: true,
    });
    waiting.set(id, { resolve, reject });
    const password = options.password ?? false;
    tell({ kind: "input", cell: context?.cell ?? 0, id, prompt: String(prompt), password });
  });
}

export function inputGiven(id: number, value: string): void {
  settle(id, (entry) => entry.resolve(value));
}

export function inputRefused(id: number, reason: string): void {
  settle(id, (entry) => entry.reject(new Error(reason)));
}

function settle(id: number, act: (entry: Waiting) => void): void {
  const entry = waiting.get(id);
  waiting.delete(id);
  if (entry) act(entry);
}
