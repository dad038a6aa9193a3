import { Reply, Router, XPublisher } from "zeromq";
import { address, type Connection } from "./connection.js";
import { SendQueue } from "./sendQueue.js";
import { Wire, type Envelope, type Header } from "./wire.js";

export type Inbound = "shell" | "control" | "stdin";

/** A message to send; without `parent` it belongs to no request. */
export interface Outgoing {
  readonly type: string;
  readonly content: Record<string, unknown>;
  readonly parent?: Header | undefined;
  readonly metadata?: Record<string, unknown>;
  readonly buffers?: readonly Uint8Array[];
}

/** Milliseconds for which closing sockets wait until their last messages have left. */
const linger = 1000;

/** The five sockets of a kernel: who listens, and how each message leaves. */
export class Sockets {
  readonly #wire: Wire;
  readonly #routers: Record<Inbound, Router>;
  readonly #iopub = new XPublisher({ sendHighWaterMark: 0, linger });
  readonly #heartbeat = new Reply({ linger: 0 });
  readonly #queues: Record<Inbound | "iopub", SendQueue>;

  constructor(connection: Connection) {
    this.#wire = new Wire(connection.key);
    const router = (): Router => new Router({ sendHighWaterMark: 0, receiveHighWaterMark: 0, linger });
    this.#routers = { shell: router(), control: router(), stdin: router() };
    // Every subscription is reported, not only the first to a topic, so that each client is welcomed.
    this.#iopub.verbosity = "allSubs";
    this.#queues = {
      shell: new SendQueue(this.#routers.shell),
      control: new SendQueue(this.#routers.control),
      stdin: new SendQueue(this.#routers.stdin),
      iopub: new SendQueue(this.#iopub),
    };
  }

  async bind(connection: Connection): Promise<void> {
    await this.#iopub.bind(address(connection, "iopub"));
    await this.#heartbeat.bind(address(connection, "hb"));
    await this.#routers.stdin.bind(address(connection, "stdin"));
    await this.#routers.control.bind(address(connection, "control"));
    await this.#routers.shell.bind(address(connection, "shell"));
    void this.#echo();
    void this.#welcome();
  }

  /** Calls `receive` with each message of a channel, in order; a message that cannot be read is reported and dropped. */
  async listen(channel: Inbound, receive: (message: Envelope) => void): Promise<void> {
    for await (const frames of this.#routers[channel]) {
      try {
        receive(this.#wire.decode(frames));
      } catch (error) {
        process.stderr.write(`vitrail kernel: ${channel}: ${(error as Error).message}\n`);
      }
    }
  }

  /** Sends to one client of a ROUTER channel; returns the id of the message. */
  send(channel: Inbound, identities: readonly Buffer[], message: Outgoing): string {
    const envelope = this.#envelope(identities, message);
    this.#queues[channel].push(this.#wire.encode(envelope));
    return envelope.header.msg_id;
  }

  /** Publishes to every client; the first frame is the topic. */
  publish(message: Outgoing, topic = `kernel.${message.type}`): void {
    this.#queues.iopub.push(this.#wire.encode(this.#envelope([Buffer.from(topic)], message)));
  }

  /** Sends what is queued, then closes. */
  async close(): Promise<void> {
    await Promise.all(Object.values(this.#queues).map((queue) => queue.drained()));
    for (const socket of [...Object.values(this.#routers), this.#iopub, this.#heartbeat]) socket.close();
  }

  #envelope(identities: readonly Buffer[], message: Outgoing): Envelope {
    return {
      identities,
      header: this.#wire.header(message.type),
      parent: message.parent ?? {},
      metadata: message.metadata ?? {},
      content: message.content,
      buffers: message.buffers ?? [],
    };
  }

  async #echo(): Promise<void> {
    for await (const frames of this.#heartbeat) await this.#heartbeat.send(frames);
  }

  /** A subscription frame is a byte 1 and the topic; the welcome tells that client that nothing is missed from here on. */
  async #welcome(): Promise<void> {
    for await (const [frame] of this.#iopub) {
      if (frame?.[0] !== 1) continue;
      const subscription = frame.subarray(1).toString();
      this.publish({ type: "iopub_welcome", content: { subscription } }, subscription);
    }
  }
}
