import type { PanelRequest, SessionStatus } from "vitrail/payload";
import { parsePanelReply, sessionTarget } from "vitrail/payload";

/** What the link needs of a comm of `@jupyterlab/services`. */
export interface PanelComm {
  readonly subshellStarted: Promise<void>;
  readonly isDisposed: boolean;
  onMsg: (message: { content: { data: unknown } }) => void;
  onClose: (message: never) => void;
  open(): unknown;
  send(data: never): unknown;
  close(): unknown;
}

/** What the link needs of a kernel connection of `@jupyterlab/services`. */
export interface PanelKernel {
  readonly name: string;
  readonly info: Promise<unknown>;
  readonly supportsSubshells: boolean;
  createComm(target: string): PanelComm;
}

export type LinkState =
  | { readonly kind: "none"; readonly why: "no notebook" | "no kernel" | "other kernel" }
  | { readonly kind: "connecting" }
  | { readonly kind: "lost"; readonly message: string }
  | { readonly kind: "live"; readonly sessions: readonly SessionStatus[]; readonly problem: string | null };

/** Names of the kernelspecs whose kernels speak the session protocol, here or on another machine; others are left alone. */
const kernelName = /^vitrail(-on-.+)?$/;

/** Keeps one comm to the kernel of the current notebook, and says what comes over it. */
export class SessionLink {
  readonly #changed: (state: LinkState) => void;
  #comm: PanelComm | undefined;
  #watching = false;
  #turn = 0;
  #state: LinkState = { kind: "none", why: "no notebook" };

  constructor(changed: (state: LinkState) => void) {
    this.#changed = changed;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Leaves the previous kernel and connects to this one; again with the same one after it restarted. */
  async follow(kernel: PanelKernel | null, why: "no notebook" | "no kernel" = "no kernel"): Promise<void> {
    const turn = ++this.#turn;
    this.#drop();
    if (kernel === null) return this.#set({ kind: "none", why });
    if (!kernelName.test(kernel.name)) return this.#set({ kind: "none", why: "other kernel" });
    this.#set({ kind: "connecting" });
    let comm: PanelComm | undefined;
    try {
      await kernel.info;
      if (turn !== this.#turn) return;
      comm = kernel.createComm(sessionTarget);
      this.#listen(comm, turn);
      // Before its subshell has started a comm speaks to the main shell, behind the running cell. Kernels without
      // subshells never settle this promise.
      if (kernel.supportsSubshells) await comm.subshellStarted;
      if (turn !== this.#turn) return void comm.close();
      comm.open();
      this.#comm = comm;
      this.#send({ op: "watch", on: this.#watching });
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#set({ kind: "lost", message: error instanceof Error ? error.message : String(error) });
    }
  }

  /** The kernel is restarting or gone: its comm is dead, and closing it would wait for an answer that never comes. */
  interrupted(message: string | null): void {
    if (this.#state.kind === "none") return;
    this.#turn += 1;
    this.#comm = undefined;
    this.#set(message === null ? { kind: "connecting" } : { kind: "lost", message });
  }

  /** The kernel sends only while someone looks. */
  watch(on: boolean): void {
    if (this.#watching === on) return;
    this.#watching = on;
    this.#send({ op: "watch", on });
  }

  /** Asks the kernel to end a session. */
  close(name: string): void {
    this.#send({ op: "close", name });
  }

  dispose(): void {
    this.#turn += 1;
    this.#drop();
  }

  #listen(comm: PanelComm, turn: number): void {
    comm.onMsg = ({ content }) => {
      if (turn !== this.#turn) return;
      try {
        const reply = parsePanelReply(content.data);
        if (reply.op === "status") this.#set({ kind: "live", sessions: reply.sessions, problem: null });
        else this.#set({ kind: "live", sessions: this.#sessions(), problem: reply.message });
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        this.#set({ kind: "live", sessions: this.#sessions(), problem });
      }
    };
    comm.onClose = () => {
      if (turn !== this.#turn || this.#comm !== comm) return;
      this.#comm = undefined;
      this.#set({ kind: "lost", message: `the kernel closed ${sessionTarget}` });
    };
  }

  #sessions(): readonly SessionStatus[] {
    return this.#state.kind === "live" ? this.#state.sessions : [];
  }

  #send(request: PanelRequest): void {
    if (this.#comm !== undefined && !this.#comm.isDisposed) this.#comm.send(request as never);
  }

  #drop(): void {
    const comm = this.#comm;
    this.#comm = undefined;
    if (comm !== undefined && !comm.isDisposed) comm.close();
  }

  #set(state: LinkState): void {
    this.#state = state;
    this.#changed(state);
  }
}
