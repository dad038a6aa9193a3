import { setImmediate } from "node:timers/promises";
import type { Request } from "./request.js";

type Execute = Request<"execute_request">;

export interface CellRunner {
  /** Runs a cell from busy to idle; false when it failed. */
  run(request: Execute): Promise<boolean>;
  /** Answers a request that is not run, because one before it failed. */
  abort(request: Execute): void;
}

/** Cells of one shell, one after another. A failing cell with `stop_on_error` aborts those that already wait behind it. */
export class ExecuteQueue {
  readonly #runner: CellRunner;
  readonly #waiting: Execute[] = [];
  #busy = false;

  constructor(runner: CellRunner) {
    this.#runner = runner;
  }

  push(request: Execute): void {
    this.#waiting.push(request);
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let request = this.#waiting.shift(); request; request = this.#waiting.shift()) {
      const succeeded = await this.#runner.run(request);
      if (succeeded || !request.content.stop_on_error) continue;
      // Requests that lie in the socket were sent before the error was known, so they count as waiting too.
      await setImmediate();
      for (const waiting of this.#waiting.splice(0)) this.#runner.abort(waiting);
    }
    this.#busy = false;
  }
}
