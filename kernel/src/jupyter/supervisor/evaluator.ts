import type { CompiledCell } from "../language/protocol.js";
import type { Failure, FromRunner } from "../runner/protocol.js";
import { refusal } from "./diagnostics.js";
import type { Language } from "./language.js";
import { RunnerProcess, type Outcome } from "./runnerProcess.js";
import type { StreamName } from "./streams.js";

export interface EvaluatorEvents {
  told(message: FromRunner): void;
  printed(cell: number, name: StreamName, text: string): void;
  /** The runner was replaced, and with it all cells have ended. */
  replaced(): void;
}

const interrupted: Failure = {
  ename: "Interrupted",
  evalue: "the cell was interrupted",
  traceback: ["Interrupted: the cell was interrupted before it ran"],
};

/** Compiles cells and runs them in a runner, which is replaced when it is lost. */
export class Evaluator {
  readonly #language: Language;
  readonly #events: EvaluatorEvents;
  #runner: RunnerProcess;
  /** Names that cells have declared in the running runner. */
  readonly #declared = new Set<string>();
  /** Cells being compiled, and whether an interrupt has come meanwhile. */
  readonly #compiling = new Map<number, { interrupted: boolean }>();
  #lastCell = 0;
  #stopped = false;
  /** The next cell starts a runner. */
  #isMissing = false;

  constructor(language: Language, events: EvaluatorEvents) {
    this.#language = language;
    this.#events = events;
    language.start();
    this.#runner = this.#startRunner();
  }

  get runner(): RunnerProcess {
    return this.#runner;
  }

  /** Type errors and whatever the cell throws are its outcome; a blank cell skips the compiler. */
  async evaluate(cell: number, source: string): Promise<Outcome> {
    if (source.trim() === "") return {};
    const state = { interrupted: false };
    this.#compiling.set(cell, state);
    let compiled: CompiledCell;
    try {
      const reply = await this.#language.ask({ kind: "compile", cell, source });
      if (reply.kind === "diagnostics") return { failure: refusal(cell, reply.diagnostics) };
      compiled = reply.cell;
    } catch (error) {
      const evalue = (error as Error).message;
      return {
        failure: { ename: "LanguageThreadLost", evalue, traceback: [`LanguageThreadLost: ${evalue}`] },
      };
    } finally {
      this.#compiling.delete(cell);
    }
    if (state.interrupted) {
      await this.#settle(cell, false);
      return { failure: interrupted };
    }
    if (this.#isMissing) this.#runner = this.#startRunner();
    this.#isMissing = false;
    const runner = this.#runner;
    this.#lastCell = cell;
    for (const name of compiled.declares) this.#declared.add(name);
    const outcome = await runner.execute({ ...compiled, cell, source });
    // A cell that failed half-way has declared what it reached, and what is new. A lost runner has forgotten all names.
    if (runner === this.#runner) await this.#settle(cell, true, outcome.reached);
    return outcome;
  }

  /** A language thread that is lost has forgotten all cells anyway. */
  async #settle(cell: number, kept: boolean, reached?: readonly string[]): Promise<void> {
    await this.#language.ask({ kind: "settle", cell, kept, reached }).catch(() => {});
  }

  /** Stops what runs, or says on its cell why it cannot be stopped; a cell that is still being compiled does not run. */
  async interrupt(): Promise<void> {
    for (const state of this.#compiling.values()) state.interrupted = true;
    await this.#runner.interrupt();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#runner.kill();
    await this.#language.stop();
  }

  #startRunner(): RunnerProcess {
    return new RunnerProcess({
      told: (message) => this.#events.told(message),
      printed: (cell, name, text) => this.#events.printed(cell, name, text),
      lost: (how, running) => this.#replaceRunner(how, running),
    });
  }

  #replaceRunner(how: string, running: readonly number[]): Failure {
    const evalue = `the process that runs cells ended ${how}`;
    const names = [...this.#declared];
    const lost =
      names.length === 0 ? "no variables were lost" : `these variables are lost: ${names.join(", ")}`;
    const told = `${evalue}; a new one starts. ${lost}; open model sessions live on`;
    if (!this.#stopped) {
      this.#declared.clear();
      this.#language.ask({ kind: "reset" }).catch(() => {});
      // One that ended by itself might do so again and again.
      if (running.length === 0) this.#isMissing = true;
      else this.#runner = this.#startRunner();
      this.#events.replaced();
      if (running.length === 0)
        this.#events.printed(
          this.#lastCell,
          "stderr",
          `${told}
`,
        );
    }
    return { ename: "RunnerLost", evalue, traceback: [`RunnerLost: ${told}`] };
  }
}
