import type { GradientEdit } from "./editGradient.js";
import type { Hook } from "./hook.js";

/**
 * A hook that acts until it is removed, in every run in which it can: a gradient edit in backward passes, a hook for some
 * steps in generations. Plain data.
 */
export interface LastingHook {
  readonly id: string;
  /** As given, or else the id. */
  readonly name: string;
  readonly groups: readonly string[];
  readonly enabled: boolean;
  readonly hook: Hook | GradientEdit;
}

/** What `add` gives: the hook can be named by it, and changed through it. */
export interface HookHandle {
  readonly id: string;
  readonly name: string;
  /** Takes the hook away for good. */
  remove(): void;
  /** Lets it act again. */
  enable(): void;
  /** Keeps it, but lets it act no more until it is enabled. */
  disable(): void;
}

/** A hook by its handle, id or name. */
export type HookName = string | { readonly id: string };

/** One hook, all of a group by its name, or a list of them. */
export type HookNames = HookName | readonly HookName[];

/** The hooks of one call, and which of the lasting ones act with them. */
export interface HookChoice<Own extends Hook | GradientEdit = Hook> {
  /** Act in this call only, after the lasting ones. */
  readonly hooks?: readonly Own[];
  /** Lasting hooks act if they are in one of these groups. Default `all`. */
  readonly groups?: "all" | readonly string[];
  /** Those act that are in none of the groups. */
  readonly complement?: boolean;
}
