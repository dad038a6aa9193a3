import { readdir, rename, stat, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

/**
 * The part of a blob that has been downloaded. It belongs to one download at a time: an owned part has the owner's host
 * and process in its name, and a part that nobody owns any more is taken over by renaming it, which only one can do.
 */
export class PartialBlob {
  static #count = 0;
  static #open = new Set<string>();

  readonly path: string;
  readonly #blob: string;

  private constructor(blob: string) {
    this.#blob = blob;
    this.path = `${blob}.vitrail-${hostname()}-${process.pid}-${++PartialBlob.#count}.incomplete`;
    PartialBlob.#open.add(this.path);
  }

  /** Begin a part of `blob`, with the longest that an earlier download left. Others that nobody owns are removed. */
  static async claim(blob: string): Promise<PartialBlob> {
    const partial = new PartialBlob(blob);
    const left = await PartialBlob.#abandoned(blob);
    const sizes = await Promise.all(
      left.map((path) =>
        stat(path).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    );
    const longestFirst = left.map((path, i) => ({ path, size: sizes[i]! })).sort((a, b) => b.size - a.size);
    let taken = false;
    for (const { path } of longestFirst) {
      if (taken) await unlink(path).catch(() => undefined);
      else
        taken = await rename(path, partial.path).then(
          () => true,
          () => false,
        );
    }
    return partial;
  }

  /** Leave it for whoever downloads next. */
  async release(): Promise<void> {
    await rename(this.path, `${this.#blob}.vitrail.incomplete`).catch(() => undefined);
    PartialBlob.#open.delete(this.path);
  }

  /** It is whole: it becomes the blob. */
  async finish(): Promise<void> {
    await rename(this.path, this.#blob);
    PartialBlob.#open.delete(this.path);
  }

  async discard(): Promise<void> {
    await unlink(this.path).catch(() => undefined);
    PartialBlob.#open.delete(this.path);
  }

  static async #abandoned(blob: string): Promise<string[]> {
    const folder = dirname(blob);
    const names = await readdir(folder);
    return names
      .filter((name) => name.startsWith(`${basename(blob)}.vitrail`) && name.endsWith(".incomplete"))
      .map((name) => join(folder, name))
      .filter((path) => !PartialBlob.#isOwned(path));
  }

  static #isOwned(path: string): boolean {
    const owner = /\.vitrail-(.+)-(\d+)-\d+\.incomplete$/.exec(path);
    if (owner === null) return false;
    const [, host, pid] = owner;
    // Whether a process of another host lives cannot be known from here.
    if (host !== hostname()) return true;
    return Number(pid) === process.pid ? PartialBlob.#open.has(path) : isAlive(Number(pid));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
