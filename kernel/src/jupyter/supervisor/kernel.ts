import type { CommTarget } from "./comms.js";
import { Comms } from "./comms.js";
import { completeness, completion, inspection } from "./answers.js";
import type { Connection } from "./connection.js";
import { Executions } from "./executions.js";
import { History } from "./history.js";
import { kernelInfo } from "./kernelInfo.js";
import { Language } from "./language.js";
import { Prompts } from "./prompts.js";
import { Publisher } from "./publisher.js";
import { isRequestType, parseRequest, type Request, type RequestType } from "./request.js";
import { Sockets } from "./sockets.js";
import { Subshells } from "./subshells.js";
import type { Envelope } from "./wire.js";

type Content = Record<string, unknown>;
/** What to reply; undefined for messages that have no reply. */
type Handlers = { [T in RequestType]: (request: Request<T>) => Content | undefined | Promise<Content> };

export interface KernelOptions {
  readonly targets: ReadonlyMap<string, CommTarget>;
  /** Which model sessions the notebook's cells use. */
  sessionUsed(name: string, open: boolean): void;
}

/** The supervisor: speaks Jupyter, runs no user code, and so always answers. */
export class Kernel {
  readonly #connection: Connection;
  readonly #sockets: Sockets;
  readonly #publisher: Publisher;
  readonly #language = new Language();
  readonly #history = new History();
  readonly #executions: Executions;
  readonly #subshells: Subshells;
  readonly #comms: Comms;
  readonly #ended: Promise<void>;
  #end: () => void = () => {};

  constructor(connection: Connection, { targets, sessionUsed }: KernelOptions) {
    this.#connection = connection;
    this.#sockets = new Sockets(connection);
    this.#publisher = new Publisher(this.#sockets);
    const prompts = new Prompts((identities, message) => this.#sockets.send("stdin", identities, message));
    this.#executions = new Executions(this.#language, this.#publisher, this.#history, prompts, (event) =>
      sessionUsed(event.name, event.kind === "sessionOpened"),
    );
    this.#subshells = new Subshells(this.#executions);
    this.#comms = new Comms(targets, (message) => this.#publisher.publish(message));
    this.#ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** Serves until a shutdown request, or `shutdown()`. */
  async serve(): Promise<void> {
    await this.#sockets.bind(this.#connection);
    this.#publisher.status("starting");
    void this.#sockets.listen("control", (message) => this.#receive(message, "control"));
    void this.#sockets.listen("shell", (message) => this.#receive(message, "shell"));
    void this.#sockets.listen("stdin", (message) => this.#executions.prompts.reply(message));
    await this.#ended;
    await this.#executions.evaluator.stop();
    await this.#sockets.close();
  }

  shutdown(): void {
    this.#end();
  }

  #receive(envelope: Envelope, channel: "shell" | "control"): void {
    const request = this.#read(envelope, channel);
    if (!request) return;
    if (request.content.type === "execute_request") {
      const execute = request as Request<"execute_request">;
      try {
        this.#subshells.queue(envelope.header.subshell_id).push(execute);
      } catch (error) {
        void this.#answer(request, () => Promise.reject(error as Error));
      }
      return;
    }
    const handle = this.#handlers[request.content.type] as (
      request: Request,
    ) => ReturnType<Handlers[RequestType]>;
    void this.#answer(request, () => handle(request));
  }

  /** A request that cannot be understood is answered with what is wrong with it, where its kind has a reply at all. */
  #read(envelope: Envelope, channel: "shell" | "control"): Request | undefined {
    try {
      return parseRequest(envelope, channel);
    } catch (error) {
      const type = envelope.header.msg_type;
      process.stderr.write(`vitrail kernel: ${(error as Error).message}\n`);
      if (isRequestType(type) && type.endsWith("_request")) {
        const request = { content: { type: "kernel_info_request" }, envelope, channel } as const;
        void this.#answer(request, () => Promise.reject(error as Error));
      }
      return undefined;
    }
  }

  async #answer(request: Request, content: () => ReturnType<Handlers[RequestType]>): Promise<void> {
    const parent = request.envelope.header;
    this.#publisher.status("busy", parent);
    try {
      const pending = content();
      // Messages without a reply are over before the next one is read: comm messages keep their order.
      const reply = pending instanceof Promise ? await pending : pending;
      if (reply) this.#publisher.reply(request, reply);
    } catch (error) {
      const { name, message } = error as Error;
      if (!parent.msg_type.endsWith("_request"))
        process.stderr.write(`vitrail kernel: ${parent.msg_type}: ${message}\n`);
      else
        this.#publisher.reply(request, {
          status: "error",
          ename: name,
          evalue: message,
          traceback: [`${name}: ${message}`],
        });
    }
    this.#publisher.idle(parent);
    if (request.content.type === "shutdown_request") this.#end();
  }

  readonly #handlers: Handlers = {
    execute_request: () => undefined,
    kernel_info_request: () => kernelInfo(),
    connect_request: () => {
      const { shell_port, iopub_port, stdin_port, control_port, hb_port } = this.#connection;
      return { status: "ok", shell_port, iopub_port, stdin_port, control_port, hb_port };
    },
    complete_request: ({ content }) => completion(this.#language, content),
    inspect_request: ({ content }) => inspection(this.#language, content),
    is_complete_request: ({ content }) => completeness(this.#language, content),
    history_request: ({ content }) => ({ status: "ok", history: this.#history.rows(content) }),
    comm_info_request: ({ content }) => ({ status: "ok", comms: this.#comms.info(content.target_name) }),
    comm_open: (request) => void this.#comms.opened(request),
    comm_msg: (request) => void this.#comms.message(request),
    comm_close: (request) => void this.#comms.closed(request),
    interrupt_request: async () => {
      await this.#executions.interrupt();
      return { status: "ok" };
    },
    shutdown_request: ({ content, envelope }) => {
      const reply = { status: "ok", restart: content.restart };
      this.#publisher.publish({ type: "shutdown_reply", content: reply, parent: envelope.header });
      return reply;
    },
    create_subshell_request: () => ({ status: "ok", subshell_id: this.#subshells.create() }),
    delete_subshell_request: ({ content }) => {
      this.#subshells.delete(content.subshell_id);
      return { status: "ok" };
    },
    list_subshell_request: () => ({ status: "ok", subshell_id: this.#subshells.list() }),
  };
}
