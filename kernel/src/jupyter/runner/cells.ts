import vm from "node:vm";
import { forgiveAsyncStack } from "./asyncStack.js";
import { CellNames } from "./cellNames.js";
import { CellTraces } from "./cellTraces.js";
import { cellContext, currentCell, Interrupted, resumed, type CellContext } from "./context.js";
import type { Importer } from "./imports.js";
import { tell, writeWhole } from "./outlet.js";
import { endMark, type Failure, type MimeBundle, type ToRunner } from "./protocol.js";
import { resultBundle } from "./resultBundle.js";

/** Node's own: that of cells drops callbacks of interrupted ones. */
const soon = setImmediate;

const interruption: Failure = {
  ename: "Interrupted",
  evalue: "the cell was interrupted",
  traceback: ["Interrupted: the cell was interrupted; its variables are kept"],
};

/** What the code of a compiled cell gives: see `CompiledCell`. */
type CellBody = (
  importer: Importer,
  reached: (...names: string[]) => void,
  unset: (name: string) => boolean,
  resumed: (value: unknown) => unknown,
) => unknown;

type Execute = Extract<ToRunner, { kind: "execute" }>;

/**
 * Runs cells on the main thread. A termination ends JavaScript without running `catch` or `finally`, so what runs is
 * kept here, not on the stack: `cancel` then says how those cells ended.
 */
export class Cells {
  readonly traces = new CellTraces();
  readonly #running = new Map<number, CellContext>();
  readonly #names = new CellNames();
  readonly #import: Importer;
  readonly #nonce: string;

  constructor(importer: Importer, nonce: string) {
    this.#import = importer;
    this.#nonce = nonce;
  }

  execute(message: Execute): void {
    const context: CellContext = {
      cell: message.cell,
      controller: new AbortController(),
      reached: [],
    };
    this.#running.set(message.cell, context);
    cellContext.run(context, () => {
      forgiveAsyncStack();
      try {
        this.traces.add(message.file, message.source, message.sourceMap);
        const value = this.#start(message, context);
        if (!message.isAsync) this.#show(message, value);
        else
          (value as Promise<unknown>).then(
            (settled) => this.#show(message, settled),
            (thrown) => this.#failed(message.cell, thrown),
          );
      } catch (thrown) {
        this.#failed(message.cell, thrown);
      }
    });
  }

  /**
   * Ends every running cell as interrupted; its variables stay. What the cell does at once when its signal is aborted, such
   * as printing in a `finally` block, still comes before its end.
   */
  cancel(done: () => void): void {
    for (const context of this.#running.values()) {
      context.interruptedAt ??= performance.now();
      context.controller.abort(new Interrupted());
    }
    soon(() => {
      for (const [cell, { interruptedAt }] of [...this.#running])
        if (interruptedAt !== undefined) this.#ended(cell, undefined);
      done();
    });
  }

  /** What was thrown where no cell could catch it: in a timer, an emitter, or a promise that nobody awaits. */
  uncaught(thrown: unknown): void {
    if (thrown instanceof Interrupted) return;
    const { traceback } = this.traces.failure(thrown);
    const cell = currentCell() || this.traces.cellOf(thrown);
    tell({
      kind: "stream",
      cell,
      name: "stderr",
      text: `uncaught, after the cell had moved on:\n${traceback.join("\n")}\n`,
    });
  }

  #start({ declares, code, file }: Execute, context: CellContext): unknown {
    this.#names.declare(declares, { file, isRunning: () => this.#running.get(context.cell) === context });
    const body = vm.runInThisContext(code, {
      filename: file,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }) as CellBody;
    return body(
      this.#import,
      (...names) => void context.reached.push(...names),
      (name) => this.#names.isUnset(name),
      resumed,
    );
  }

  #show(message: Execute, value: unknown): void {
    if (!message.hasResult || value === undefined) {
      this.#ended(message.cell, undefined);
      return;
    }
    try {
      const bundle = resultBundle(value);
      if (!(bundle instanceof Promise)) this.#ended(message.cell, undefined, bundle);
      else
        bundle.then(
          (late) => this.#ended(message.cell, undefined, late),
          (thrown) => this.#failed(message.cell, thrown),
        );
    } catch (thrown) {
      this.#failed(message.cell, thrown);
    }
  }

  #failed(cell: number, thrown: unknown): void {
    this.#ended(cell, this.#failure(thrown));
  }

  /** Hostile errors throw when their message is read; the cell must end all the same. */
  #failure(thrown: unknown): Failure {
    try {
      return this.traces.failure(thrown);
    } catch {
      const evalue = "an error that cannot be read";
      return { ename: "Uncaught", evalue, traceback: [`Uncaught ${evalue}`] };
    }
  }

  #ended(cell: number, failure: Failure | undefined, result?: MimeBundle): void {
    const context = this.#running.get(cell);
    if (!context) return;
    this.#running.delete(cell);
    const mark = Buffer.from(endMark(this.#nonce, cell));
    writeWhole(1, mark);
    writeWhole(2, mark);
    // However the code of an interrupted cell took its end, what happened to it is the interrupt.
    const told = context.interruptedAt === undefined ? failure : interruption;
    const { reached } = context;
    if (told) return tell({ kind: "failed", cell, failure: told, reached });
    try {
      tell({ kind: "finished", cell, ...(result ? { result } : {}) });
    } catch (unwritable) {
      // A bundle that holds what JSON cannot (a bigint, a cycle).
      tell({ kind: "failed", cell, failure: this.#failure(unwritable), reached });
    }
  }
}
