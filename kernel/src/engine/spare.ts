import type { Executable } from "./runtime/runtime.js";

/** A segment that was loaded for a step, and may be asked for again. */
export interface Spare {
  readonly executable: Executable;
  /** Files of edited weights that are part of it. */
  readonly files: readonly string[];
  /** What it holds of weights, as far as nobody shares them with it. */
  readonly bytes: number;
}

/** Segments beyond this many are released, however small they are. */
const most = 64;

/** Loaded segments by their contents; those that no step in use needs are released from the one used longest ago on. */
export class SpareSegments {
  readonly #mostBytes: number;
  readonly #kept = new Map<string, Spare>();

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** A segment that is now the one used last. */
  use(key: string): Spare | undefined {
    const spare = this.#kept.get(key);
    if (spare !== undefined) this.keep(key, spare);
    return spare;
  }

  keep(key: string, spare: Spare): void {
    this.#kept.delete(key);
    this.#kept.set(key, spare);
  }

  /** Releases what is too much, but nothing of what is in use. */
  async trim(inUse: ReadonlySet<Executable>): Promise<void> {
    let bytes = [...this.#kept.values()].reduce((sum, spare) => sum + spare.bytes, 0);
    for (const [key, spare] of [...this.#kept]) {
      if (this.#kept.size <= most && bytes <= this.#mostBytes) return;
      if (inUse.has(spare.executable)) continue;
      bytes -= spare.bytes;
      await this.#release(key, spare);
    }
  }

  /** Releases what has one of these files in it. */
  async forget(files: readonly string[]): Promise<void> {
    for (const [key, spare] of [...this.#kept])
      if (spare.files.some((file) => files.includes(file))) await this.#release(key, spare);
  }

  async #release(key: string, { executable }: Spare): Promise<void> {
    this.#kept.delete(key);
    await executable.release();
  }
}
