import { z } from "zod";
import type { PanelReply, SessionStatus as PanelStatus } from "../display/payload/status.js";
import type { SessionStatus } from "../session/types.js";
import type { Comm, CommTarget } from "./supervisor/comms.js";

/** What the panel asks of the session room. */
export interface SessionClient {
  /** Undefined when the session is gone. Throws when it does not answer. */
  status(name: string): Promise<SessionStatus | undefined>;
  close(name: string): Promise<void>;
}

const requestSchema = z.discriminatedUnion("op", [
  z.object({ op: z.literal("status") }),
  z.object({ op: z.literal("watch"), on: z.boolean() }),
  z.object({ op: z.literal("close"), name: z.string() }),
]);

/** Milliseconds between looks at the sessions while somebody watches. */
const pause = 1000;

/** Serves the session panel: the sessions that this notebook's cells have opened, told at most once a second, and only while asked. */
export class SessionPanel implements CommTarget {
  readonly #client: SessionClient;
  /** By name, with what each said last. */
  readonly #sessions = new Map<string, PanelStatus | undefined>();
  readonly #watchers = new Map<Comm, string>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(client: SessionClient) {
    this.#client = client;
  }

  /** A cell has opened a session of this name, or has closed it. */
  used(name: string, open: boolean): void {
    if (!open) this.#sessions.delete(name);
    else if (!this.#sessions.has(name)) this.#sessions.set(name, undefined);
  }

  open(comm: Comm): ReturnType<CommTarget["open"]> {
    return {
      message: ({ data }) => {
        this.#answer(comm, data).catch((error: unknown) => tell(comm, { op: "error", message: line(error) }));
      },
      closed: () => this.#watch(comm, false),
    };
  }

  async #answer(comm: Comm, data: unknown): Promise<void> {
    const parsed = requestSchema.safeParse(data);
    if (!parsed.success)
      throw new Error(`no request of the session panel: ${parsed.error.issues[0]?.message ?? "invalid"}`);
    const request = parsed.data;
    if (request.op === "watch") this.#watch(comm, request.on);
    if (request.op === "close") {
      if (!this.#sessions.has(request.name)) {
        const names = [...this.#sessions.keys()].join(", ") || "it has none";
        throw new Error(`no session "${request.name}" in this notebook: ${names}`);
      }
      await this.#client.close(request.name);
      this.#sessions.delete(request.name);
    }
    const status = await this.#status();
    if (this.#watchers.has(comm)) this.#watchers.set(comm, JSON.stringify(status));
    if (request.op !== "watch" || request.on) tell(comm, status);
  }

  #watch(comm: Comm, on: boolean): void {
    if (on) this.#watchers.set(comm, "");
    else this.#watchers.delete(comm);
    if (this.#watchers.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else this.#timer ??= setInterval(() => void this.#look(), pause);
  }

  async #look(): Promise<void> {
    // A session that answers slower than once a second must not pile up questions.
    if (this.#looking) return;
    this.#looking = true;
    try {
      const status = await this.#status();
      const text = JSON.stringify(status);
      for (const [comm, last] of this.#watchers) {
        if (last === text) continue;
        this.#watchers.set(comm, text);
        tell(comm, status);
      }
    } finally {
      this.#looking = false;
    }
  }

  /** A session that has ended by itself is forgotten; one that does not answer is shown as it last was. */
  async #status(): Promise<PanelReply> {
    const sessions = await Promise.all(
      [...this.#sessions].map(async ([name, last]): Promise<PanelStatus | undefined> => {
        try {
          const status = await this.#client.status(name);
          if (status === undefined) this.#sessions.delete(name);
          else if (this.#sessions.has(name)) this.#sessions.set(name, status);
          return status;
        } catch {
          return last && { ...last, state: "silent" };
        }
      }),
    );
    return { op: "status", sessions: sessions.filter((status) => status !== undefined) };
  }
}

function line(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function tell(comm: Comm, reply: PanelReply): void {
  comm.send({ ...reply });
}
