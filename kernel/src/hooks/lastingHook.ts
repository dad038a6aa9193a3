import type { Hook } from "./hook.js";

/** A hook that acts on every run until it is removed. Plain data. */
export interface LastingHook {
  readonly id: string;
  /** As given, or else the id. */
  readonly name: string;
  readonly groups: readonly string[];
  readonly enabled: boolean;
  readonly hook: Hook;
}

/** What `add` gives: the hook can be named by it, and changed through it. */
export interface HookHandle {
  readonly id: string;
  readonly name: string;
  remove(): void;
  enable(): void;
  disable(): void;
}

/** A hook by its handle, id or name. */
export type HookName = string | { readonly id: string };

/** The hooks of one call, and which of the lasting ones act with them. */
export interface HookChoice {
  /** Act in this call only, after the lasting ones. */
  readonly hooks?: readonly Hook[];
  /** Lasting hooks act if they are in one of these groups. Default `all`. */
  readonly groups?: "all" | readonly string[];
  /** Those act that are in none of the groups. */
  readonly complement?: boolean;
}
