import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { frame } from "../runner/frames.js";
import { keptMemory } from "../runner/keptMemory.js";
import {
  fromInterrupterSchema,
  fromRunnerSchema,
  type Failure,
  type FromRunner,
  type MimeBundle,
  type ToRunner,
} from "../runner/protocol.js";
import { attachedDescendants } from "./descendants.js";
import { readMessages } from "./framedMessages.js";
import { Interruption } from "./interruption.js";
import { NativeOutput } from "./nativeOutput.js";
import type { StreamName } from "./streams.js";

export interface Outcome {
  readonly failure?: Failure;
  readonly result?: MimeBundle;
  /** Names that a cell that failed has set. */
  readonly reached?: readonly string[];
}

export interface RunnerEvents {
  /** Everything but streams and ends of cells. */
  told(message: FromRunner): void;
  printed(cell: number, name: StreamName, text: string): void;
  /** The process is gone; `how` says with which code or signal. Returns how the cells end that ran. */
  lost(how: string, running: readonly number[]): Failure;
}

/** Without the first, a terminated timer callback aborts the process; the second is for `runner/asyncStack.ts`. */
const flags = [
  "--no-force-async-hooks-checks",
  "--disable-warning=DEP0111",
  "--disable-warning=ExperimentalWarning",
];
/** Milliseconds for which the standard streams of a dead runner are still read: a grandchild may hold them open. */
const lastWords = 200;
/** What Node says at its end because the interrupt thread is attached, as a debugger is. */
const debuggerWord = "Waiting for the debugger to disconnect...\n";
/** What an interrupted cell that does not end is told. */
const nativeCall =
  "interrupted, but a native call is running, which cannot be stopped: the cell ends when it returns, and its variables are kept; " +
  "a second interrupt kills the process that runs cells, and loses all variables\n";

interface Running {
  /** What has still to come before the cell's output is complete: its end, and the marks on both streams. */
  missing: number;
  outcome: Outcome;
  ended(outcome: Outcome): void;
}

/** One cell runner, seen from the supervisor. */
export class RunnerProcess {
  readonly #events: RunnerEvents;
  readonly #child: ChildProcess;
  readonly #commands: Socket;
  readonly #running = new Map<number, Running>();
  readonly #interruption = new Interruption(() => this.tell({ kind: "interrupt" }));
  #lastCell = 0;
  #ended = false;

  constructor(events: RunnerEvents) {
    this.#events = events;
    const nonce = randomUUID();
    const entry = fileURLToPath(new URL("../runner/main.js", import.meta.url));
    this.#child = spawn(process.execPath, [...flags, entry, nonce], {
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
      env: { ...keptMemory, ...process.env },
    });
    const [, stdout, stderr, commands, outlet] = this.#child.stdio;
    this.#commands = commands as Socket;
    this.#commands.on("error", () => {});
    this.#native(stdout as Readable, nonce, "stdout");
    this.#native(stderr as Readable, nonce, "stderr");
    readMessages(
      outlet as Readable,
      fromRunnerSchema,
      (message) => this.#receive(message),
      (error) => this.#garbled(error),
    );
    readMessages(
      this.#commands,
      fromInterrupterSchema,
      ({ kind }) => (kind === "stuck" ? this.#interruption.stuck() : this.#interruption.stopped()),
      (error) => this.#garbled(error),
    );
    this.#watchEnd();
  }

  execute(command: Omit<Extract<ToRunner, { kind: "execute" }>, "kind">): Promise<Outcome> {
    this.#lastCell = command.cell;
    return new Promise((resolve) => {
      this.#running.set(command.cell, { missing: 3, outcome: {}, ended: resolve });
      this.tell({ kind: "execute", ...command });
    });
  }

  tell(command: ToRunner): void {
    this.#commands.write(frame(command));
  }

  /**
   * Stops what runs and keeps its variables: by the runner's own ladder, and where that fails because the cell waits for a
   * process, by ending that. A native call goes on until it returns: the cell is told so, and a further interrupt kills.
   */
  async interrupt(): Promise<void> {
    if (this.#ended) return;
    if (this.#interruption.isTold) return this.kill();
    if (await this.#interruption.request()) return;
    if (this.#endChildren() > 0 && (await this.#interruption.request())) return;
    this.#interruption.tellOnce(() => {
      const running = this.#running.size > 0 ? [...this.#running.keys()] : [this.#lastCell];
      for (const cell of running) this.#events.printed(cell, "stderr", nativeCall);
    });
  }

  /**
   * Ends the processes that cells have started and not detached; how many there were. A cell that waits for one
   * (`execSync`) goes on then, and can be interrupted.
   */
  #endChildren(): number {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return 0;
    const children = attachedDescendants(pid);
    for (const child of children) {
      try {
        process.kill(child, "SIGKILL");
      } catch {
        // It has ended by itself meanwhile.
      }
    }
    return children.length;
  }

  kill(): void {
    this.#endChildren();
    this.#child.kill("SIGKILL");
  }

  /** Cells can write to any descriptor. Once a pipe's frames are broken nothing on it can be believed. */
  #garbled(error: Error): void {
    process.stderr.write(`vitrail kernel: the runner cannot be understood: ${error.message}\n`);
    this.kill();
  }

  /** The cell that output of unknown origin is credited to. */
  #orLast(cell: number): number {
    return cell === 0 ? this.#lastCell : cell;
  }

  #native(stream: Readable, nonce: string, name: StreamName): void {
    new NativeOutput(stream, nonce, {
      text: (text) => this.#events.printed(this.#lastCell, name, text.replace(debuggerWord, "")),
      marked: (cell) => this.#progress(cell, {}),
    });
  }

  #receive(message: FromRunner): void {
    if (message.kind === "stream")
      this.#events.printed(this.#orLast(message.cell), message.name, message.text);
    else if (message.kind === "finished")
      this.#progress(message.cell, message.result ? { result: message.result } : {});
    else if (message.kind === "failed") {
      const { cell, failure, reached } = message;
      this.#progress(cell, { failure, reached });
    } else if ("cell" in message) this.#events.told({ ...message, cell: this.#orLast(message.cell) });
    else this.#events.told(message);
  }

  #progress(cell: number, outcome: Outcome): void {
    const running = this.#running.get(cell);
    if (!running) return;
    running.outcome = { ...running.outcome, ...outcome };
    if (--running.missing > 0) return;
    this.#running.delete(cell);
    running.ended(running.outcome);
  }

  #watchEnd(): void {
    let how = "";
    const end = (): void => {
      if (this.#ended) return;
      this.#ended = true;
      const failure = this.#events.lost(how, [...this.#running.keys()]);
      for (const running of this.#running.values()) running.ended({ ...running.outcome, failure });
      this.#running.clear();
      this.#interruption.stopped();
    };
    this.#child.once("error", (error) => {
      how = `before it began: ${error.message}`;
      end();
    });
    this.#child.once("exit", (code, signal) => {
      how = signal === null ? `with code ${code}` : `by signal ${signal}`;
      setTimeout(end, lastWords);
    });
    this.#child.once("close", end);
  }
}
