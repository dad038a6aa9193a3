/** Comm target over which the panel watches the sessions of a notebook's kernel. */
export const sessionTarget = "vitrail.session.v1";

/** One worker process, as the panel shows it. */
export interface RankStatus {
  readonly rank: number;
  readonly device: string;
  readonly stage: number;
  readonly dataRank: number;
  readonly tensorRank: number;
  /** Decoder layers `[from, to)`. */
  readonly layers: { readonly from: number; readonly to: number };
  readonly pid?: number | null | undefined;
  readonly state: "starting" | "ready" | "busy" | "lost";
  /** Resident set, bytes. */
  readonly memory: number;
}

/** One live session, as the panel shows it. */
export interface SessionStatus {
  readonly name: string;
  readonly model: string;
  readonly fingerprint: string;
  readonly mesh: string;
  readonly pid: number;
  readonly clients: number;
  readonly openedAt: string;
  /** `silent` when it does not answer: then the rest is what it last said. */
  readonly state: "loading" | "ready" | "busy" | "failed" | "silent";
  readonly ranks: readonly RankStatus[];
  /** How linear weights are held, where not as the checkpoint has them: `int8`. */
  readonly quantise?: string | undefined;
  readonly weightBytes: number;
  readonly residentBytes: number;
}

/** Panel to kernel: start or stop being told, or end a session. */
export type PanelRequest =
  { readonly op: "watch"; readonly on: boolean } | { readonly op: "close"; readonly name: string };

/** Kernel to panel: at once after `watch`, then on change and at most once a second; or why a request failed. */
export type PanelReply =
  | { readonly op: "status"; readonly sessions: readonly SessionStatus[] }
  | { readonly op: "error"; readonly message: string };
