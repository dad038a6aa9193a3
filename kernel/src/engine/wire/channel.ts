import type { Socket } from "node:net";
import type { z } from "zod";
import { encodeFrame, FrameReader } from "./frame.js";

/** What a channel tells its owner. After `closed` nothing more comes. */
export interface ChannelEvents<In> {
  message(message: In, body: Uint8Array): void;
  /** The other side went away, or sent something that is not a message (then `error` says what). */
  closed(error: Error | undefined): void;
}

/** A socket that speaks one set of messages: everything received is validated before anyone sees it. */
export class Channel<In, Out> {
  #closed = false;

  constructor(
    readonly socket: Socket,
    schema: z.ZodType<In>,
    events: ChannelEvents<In>,
  ) {
    const reader = new FrameReader();
    const close = (error: Error | undefined) => {
      if (this.#closed) return;
      this.#closed = true;
      socket.destroy();
      events.closed(error);
    };
    socket.setNoDelay?.(true);
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const { header, body } of reader.push(chunk)) {
          if (this.#closed) return;
          const parsed = schema.safeParse(header);
          if (!parsed.success)
            throw new Error(`malformed message ${describe(header)}: ${issue(parsed.error)}`);
          events.message(parsed.data, body);
        }
      } catch (error) {
        close(error as Error);
      }
    });
    socket.on("error", () => close(undefined));
    socket.on("close", () => {
      try {
        reader.end();
        close(undefined);
      } catch (error) {
        close(error as Error);
      }
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends one message; silently nothing once closed (the owner has been told). Throws one line for a message that is too long. */
  send(message: Out, body?: Uint8Array): void {
    if (this.#closed) return;
    const chunks = encodeFrame(message, body);
    // One call of the system, also for two.
    if (chunks.length > 1) this.socket.cork();
    for (const chunk of chunks) this.socket.write(chunk);
    if (chunks.length > 1) this.socket.uncork();
  }

  /** Lets what was sent arrive, then closes. `closed` is not called. */
  close(): void {
    this.#closed = true;
    this.socket.end();
  }
}

function describe(header: unknown): string {
  const kind = (header as { kind?: unknown } | null)?.kind;
  return typeof kind === "string" ? JSON.stringify(kind.slice(0, 40)) : "without a kind";
}

function issue(error: z.ZodError): string {
  const first = error.issues[0];
  return `${first?.path.join(".") || "message"}: ${(first?.message ?? "invalid").toLowerCase()}`;
}
