import { randomUUID } from "node:crypto";
import type { Provenance } from "../display/payload/provenance.js";
import type { HookChoice } from "../hooks/lastingHook.js";
import type { CacheUse } from "../engine/wire/messages.js";
import type { Token } from "./types.js";

/** What acts on the tokens of a prefix while they are computed, once for all that goes on from it. */
export interface PrefixOptions extends HookChoice {
  readonly signal?: AbortSignal;
}

/**
 * A beginning that many rows share, read once: its keys and values stay on the workers, and `forward` goes on from them
 * with `after`. It is let go by `release`, with the session object, and when others have used more since than is kept.
 */
export interface Prefix {
  readonly tokens: readonly Token[];
  readonly provenance: Provenance;
  /** Lets the workers forget it. */
  release(): void;
}

/** What a prefix was read with, so that it is gone on from by those alone who read the same model. */
export interface PrefixOrigin {
  readonly tokens: readonly Token[];
  readonly provenance: Provenance;
  /** Its hooks are all that acted, lasting ones too. */
  readonly options: Pick<PrefixOptions, "hooks">;
  /** Edited parameters as they were. */
  readonly marks: readonly string[];
}

/** The prefixes of one session object. */
export class Prefixes {
  readonly #forget: (key: string) => void;
  readonly #kept = new Map<Prefix, { readonly key: string; readonly origin: PrefixOrigin }>();

  /** @param forget lets the workers forget what is kept under a key */
  constructor(forget: (key: string) => void) {
    this.#forget = forget;
  }

  /** Reads a prefix by `run`, which is told under what it is to be kept. */
  async keep(origin: PrefixOrigin, run: (cache: CacheUse) => Promise<unknown>): Promise<Prefix> {
    const key = randomUUID();
    try {
      await run({ key, columns: 0, everywhere: true });
    } catch (error) {
      this.#forget(key);
      throw error;
    }
    const { tokens, provenance } = origin;
    const prefix: Prefix = {
      tokens,
      provenance,
      release: () => {
        if (this.#kept.delete(prefix)) this.#forget(key);
      },
    };
    this.#kept.set(prefix, { key, origin });
    return prefix;
  }

  /** What a prefix was read with. Throws one line for what is no prefix of this session, or released. */
  origin(prefix: Prefix): PrefixOrigin {
    return this.#find(prefix).origin;
  }

  /**
   * What rows of these lengths that come after a prefix go on from. Throws one line when it is none of this session's or
   * released, when parameters were edited since, or when a row becomes longer than the model reads.
   */
  after(prefix: Prefix, lengths: readonly number[], marks: readonly string[], most: number): CacheUse {
    const { key, origin } = this.#find(prefix);
    if (origin.marks.join() !== marks.join())
      throw new Error(
        `parameters were edited or restored since the prefix was read: it read ${origin.marks.join(", ") || "the checkpoint's own"}`,
      );
    const columns = origin.tokens.length;
    const longest = Math.max(...lengths);
    if (columns + longest > most)
      throw new Error(
        `prefix of ${columns} tokens and input of ${longest} (row ${lengths.indexOf(longest)}): the model reads at most ${most}`,
      );
    return { key, columns, rows: lengths.map(() => 0), reads: true };
  }

  #find(prefix: Prefix): { readonly key: string; readonly origin: PrefixOrigin } {
    const found = this.#kept.get(prefix);
    if (found === undefined)
      throw new Error("after needs a prefix that this session's prefix() returned and that was not released");
    return found;
  }
}
