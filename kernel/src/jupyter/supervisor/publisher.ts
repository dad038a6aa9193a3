import type { Request } from "./request.js";
import type { Outgoing, Sockets } from "./sockets.js";
import type { Header } from "./wire.js";

/** What a request's sender, and everybody on iopub, is told about it. */
export class Publisher {
  readonly #sockets: Sockets;
  /** Cells that run now, by their message id. */
  readonly #running = new Map<string, Header>();

  constructor(sockets: Sockets) {
    this.#sockets = sockets;
  }

  publish(message: Outgoing): void {
    const topic = message.type === "stream" ? `stream.${String(message.content["name"])}` : undefined;
    this.#sockets.publish(message, topic);
  }

  status(state: "starting" | "busy" | "idle", parent?: Header): void {
    this.publish({ type: "status", content: { execution_state: state }, parent });
  }

  reply(
    { channel, envelope }: Pick<Request, "channel" | "envelope">,
    content: Record<string, unknown>,
  ): void {
    const type = envelope.header.msg_type.replace(/_request$/, "_reply");
    this.#sockets.send(channel, envelope.identities, { type, content, parent: envelope.header });
  }

  cellBegins(parent: Header): void {
    this.#running.set(parent.msg_id, parent);
    this.status("busy", parent);
  }

  cellEnds(parent: Header): void {
    this.#running.delete(parent.msg_id);
    this.idle(parent);
  }

  /**
   * Idle after a request. Clients that take the last status for the kernel's own would then show it idle while a cell
   * runs, so that cell's busy is said again.
   */
  idle(parent: Header): void {
    this.status("idle", parent);
    const running = [...this.#running.values()].at(-1);
    if (running) this.status("busy", running);
  }
}
