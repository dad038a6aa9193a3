import type { Request } from "./request.js";
import type { Outgoing } from "./sockets.js";
import type { Header } from "./wire.js";

type Data = Record<string, unknown>;

export interface CommMessage {
  readonly data: Data;
  readonly metadata: Data;
  readonly buffers: readonly Uint8Array[];
}

/** One open comm, seen from the kernel. */
export interface Comm {
  readonly id: string;
  readonly target: string;
  send(data: Data, buffers?: readonly Uint8Array[]): void;
  close(data?: Data): void;
}

/** What serves a comm target. `open` returns how the new comm answers. */
export interface CommTarget {
  open(comm: Comm, first: CommMessage): { message(message: CommMessage): void; closed(): void };
}

type Served = ReturnType<CommTarget["open"]>;

const silent: Served = { message: () => {}, closed: () => {} };

interface Open {
  readonly comm: Comm;
  readonly served: Served;
  /** Header of the request that the comm answers now, else of the one that opened it. */
  parent: Header;
}

/** Comms by id, and who serves each target. An unknown target is answered with `comm_close`. */
export class Comms {
  readonly #targets: ReadonlyMap<string, CommTarget>;
  readonly #open = new Map<string, Open>();
  readonly #publish: (message: Outgoing) => void;

  constructor(targets: ReadonlyMap<string, CommTarget>, publish: (message: Outgoing) => void) {
    this.#targets = targets;
    this.#publish = publish;
  }

  /** `comms` of a `comm_info_reply`. */
  info(target: string | null | undefined): Record<string, { target_name: string }> {
    const shown = [...this.#open].filter(([, { comm }]) => target == null || comm.target === target);
    return Object.fromEntries(shown.map(([id, { comm }]) => [id, { target_name: comm.target }]));
  }

  opened({ content, envelope }: Request<"comm_open">): void {
    const id = content.comm_id;
    const target = this.#targets.get(content.target_name);
    if (target === undefined || this.#open.has(id)) {
      const reason = target === undefined ? "no such target" : "comm is already open";
      this.#send("comm_close", id, { reason: `${reason}: ${content.target_name}` }, [], envelope.header);
      return;
    }
    const comm: Comm = {
      id,
      target: content.target_name,
      send: (data, buffers = []) => {
        const open = this.#open.get(id);
        if (open) this.#send("comm_msg", id, data, buffers, open.parent);
      },
      close: (data = {}) => {
        const open = this.#open.get(id);
        if (!open) return;
        this.#open.delete(id);
        this.#send("comm_close", id, data, [], open.parent);
        open.served.closed();
      },
    };
    // The target may answer while it opens, so the comm must be known before it does.
    const entry = { comm, served: silent, parent: envelope.header };
    this.#open.set(id, entry);
    try {
      entry.served = target.open(comm, this.#received(content.data, envelope));
    } catch (error) {
      comm.close({ reason: (error as Error).message });
    }
  }

  message({ content, envelope }: Request<"comm_msg">): void {
    const open = this.#open.get(content.comm_id);
    if (!open) {
      this.#send("comm_close", content.comm_id, { reason: "no such comm" }, [], envelope.header);
      return;
    }
    open.parent = envelope.header;
    open.served.message(this.#received(content.data, envelope));
  }

  closed({ content }: Request<"comm_close">): void {
    const open = this.#open.get(content.comm_id);
    this.#open.delete(content.comm_id);
    open?.served.closed();
  }

  #received(data: Data, envelope: Request["envelope"]): CommMessage {
    return { data, metadata: envelope.metadata, buffers: envelope.buffers };
  }

  #send(type: string, id: string, data: Data, buffers: readonly Uint8Array[], parent: Header): void {
    this.#publish({ type, content: { comm_id: id, data }, buffers, parent });
  }
}
