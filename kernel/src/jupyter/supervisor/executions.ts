import type { Failure, FromRunner, MimeBundle } from "../runner/protocol.js";
import { Evaluator } from "./evaluator.js";
import type { CellRunner } from "./executeQueue.js";
import type { History } from "./history.js";
import type { Language } from "./language.js";
import { Prompts, type Asker } from "./prompts.js";
import type { Publisher } from "./publisher.js";
import type { Request } from "./request.js";
import { Streams } from "./streams.js";
import type { Header } from "./wire.js";

type Execute = Request<"execute_request">;

/** Cells that are not in the history are numbered from here, so that `cell-N.ts` is the N of the prompt for all others. */
const firstUnstored = 1_000_001;

const aborted: Failure = {
  ename: "Aborted",
  evalue: "a cell before this one failed",
  traceback: ["Aborted: a cell before this one failed, so this one was not run"],
};

/** Everything about execute requests: counting, publishing in order, results and errors. */
export class Executions implements CellRunner {
  readonly evaluator: Evaluator;
  readonly prompts: Prompts;
  readonly #publisher: Publisher;
  readonly #history: History;
  readonly #streams: Streams;
  readonly #askers = new Map<number, Asker>();
  #count = 0;
  #unstored = firstUnstored;

  constructor(
    language: Language,
    publisher: Publisher,
    history: History,
    prompts: Prompts,
    session: (event: Extract<FromRunner, { kind: "sessionOpened" | "sessionClosed" }>) => void,
  ) {
    this.#publisher = publisher;
    this.#history = history;
    this.prompts = prompts;
    this.#streams = new Streams((cell, name, text) =>
      publisher.publish({ type: "stream", content: { name, text }, parent: this.#parent(cell) }),
    );
    this.evaluator = new Evaluator(language, {
      printed: (cell, name, text) => this.#streams.write(cell, name, text),
      replaced: () => prompts.clear(),
      told: (message) => {
        if (message.kind === "sessionOpened" || message.kind === "sessionClosed") session(message);
        else this.#told(message);
      },
    });
  }

  async run(request: Execute): Promise<boolean> {
    const { content, envelope } = request;
    const parent = envelope.header;
    const stored = content.store_history && !content.silent;
    const cell = stored ? ++this.#count : this.#unstored++;
    const execution_count = this.#count;
    this.#askers.set(cell, { parent, identities: envelope.identities, allowStdin: content.allow_stdin });
    this.#publisher.cellBegins(parent);
    if (!content.silent)
      this.#publisher.publish({
        type: "execute_input",
        content: { code: content.code, execution_count },
        parent,
      });
    if (stored) this.#history.add(cell, content.code);

    const { failure, result } = await this.evaluator.evaluate(cell, content.code);
    this.#streams.flush(cell);
    if (failure) {
      this.#publisher.publish({ type: "error", content: { ...failure }, parent });
      this.#publisher.reply(request, { status: "error", ...failure, execution_count });
    } else {
      if (result && !content.silent) this.#result(result, execution_count, parent);
      if (result && stored) this.#history.setOutput(cell, String(result.data["text/plain"] ?? ""));
      const user_expressions = await this.#expressions(request);
      this.#publisher.reply(request, { status: "ok", execution_count, user_expressions, payload: [] });
    }
    this.#publisher.cellEnds(parent);
    return failure === undefined;
  }

  abort(request: Execute): void {
    const parent = request.envelope.header;
    this.#publisher.status("busy", parent);
    // Without a number: front ends would show it beside the cell, as if it had run.
    this.#publisher.reply(request, { status: "error", ...aborted });
    this.#publisher.idle(parent);
  }

  async interrupt(): Promise<void> {
    this.prompts.clear();
    await this.evaluator.interrupt();
  }

  /** Each expression is a cell of its own, so that one that fails harms no other. */
  async #expressions({ content, envelope }: Execute): Promise<Record<string, unknown>> {
    const values: Record<string, unknown> = {};
    for (const [name, source] of Object.entries(content.user_expressions)) {
      const cell = this.#unstored++;
      this.#askers.set(cell, { parent: envelope.header, identities: envelope.identities, allowStdin: false });
      const { failure, result } = await this.evaluator.evaluate(cell, source);
      this.#streams.flush(cell);
      const value = result ?? { data: { "text/plain": "undefined" }, metadata: {} };
      values[name] = failure ? { status: "error", ...failure } : { status: "ok", ...value };
    }
    return values;
  }

  #result(bundle: MimeBundle, execution_count: number, parent: Header): void {
    this.#publisher.publish({ type: "execute_result", content: { ...bundle, execution_count }, parent });
  }

  #parent(cell: number): Header | undefined {
    return this.#askers.get(cell)?.parent;
  }

  #told(message: FromRunner): void {
    if (message.kind === "display") {
      this.#streams.flush(message.cell);
      this.#publisher.publish({
        type: message.update ? "update_display_data" : "display_data",
        content: { ...message.bundle, transient: message.id === undefined ? {} : { display_id: message.id } },
        parent: this.#parent(message.cell),
      });
    } else if (message.kind === "clear") {
      this.#streams.flush(message.cell);
      const content = { wait: message.wait };
      this.#publisher.publish({ type: "clear_output", content, parent: this.#parent(message.cell) });
    } else if (message.kind === "input") this.#input(message);
  }

  #input({ cell, id, prompt, password }: Extract<FromRunner, { kind: "input" }>): void {
    const asker = this.#askers.get(cell);
    const { runner } = this.evaluator;
    this.#streams.flush(cell);
    if (!asker?.allowStdin) {
      const reason = "this front end takes no input: input() needs one with a prompt, such as JupyterLab";
      runner.tell({ kind: "inputRefused", id, reason });
    } else this.prompts.ask(asker, prompt, password, (value) => runner.tell({ kind: "input", id, value }));
  }
}
