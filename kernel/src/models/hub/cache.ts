import { randomUUID } from "node:crypto";
import { mkdir, readFile, readdir, rename, stat, symlink, unlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { getRepoFolderName } from "@huggingface/hub";
import { hubCache } from "./places.js";

/**
 * One model's part of the standard Hugging Face cache, which Python shares: `refs/<revision>` holds a commit,
 * `blobs/<digest>` the contents, `snapshots/<commit>/<file>` symbolic links to them. Found by `HF_HUB_CACHE`, `HF_HOME`
 * and `XDG_CACHE_HOME`.
 */
export class ModelCache {
  readonly folder: string;

  constructor(model: string) {
    this.folder = join(hubCache(), getRepoFolderName({ type: "model", name: model }));
  }

  snapshot(commit: string): string {
    return join(this.folder, "snapshots", commit);
  }

  blob(digest: string): string {
    return join(this.folder, "blobs", digest);
  }

  /** The commit that a branch or tag had when it was last downloaded; a commit is itself. */
  async commit(revision: string): Promise<string | undefined> {
    try {
      return (await readFile(join(this.folder, "refs", revision), "utf8")).trim();
    } catch {
      return isCommit(revision) ? revision : undefined;
    }
  }

  /** Remember what a branch or tag stands for. */
  async remember(revision: string, commit: string): Promise<void> {
    if (revision === commit) return;
    const path = join(this.folder, "refs", revision);
    await mkdir(dirname(path), { recursive: true });
    await replace(path, (beside) => writeFile(beside, commit));
  }

  /** Files of a snapshot whose contents are there. */
  async files(commit: string): Promise<string[]> {
    const folder = this.snapshot(commit);
    const names = await readdir(folder).catch(() => []);
    const present = await Promise.all(names.map((name) => hasFile(join(folder, name))));
    return names.filter((_, i) => present[i]);
  }

  /**
   * Make the snapshot's file a link to a blob, in place of whatever is there; where the file system has no links, as on
   * many external and network drives, the blob itself, as Python does.
   */
  async link(commit: string, file: string, digest: string): Promise<void> {
    const path = join(this.snapshot(commit), file);
    const blob = this.blob(digest);
    await mkdir(dirname(path), { recursive: true });
    try {
      await replace(path, (beside) => symlink(relative(dirname(path), blob), beside));
    } catch (error) {
      if (!linkless.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
      await rename(blob, path);
    }
  }
}

/** How file systems without symbolic links refuse one. */
const linkless: ReadonlySet<string> = new Set(["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"]);

/** Make a file beside `path`, then put it there in one step: others see the old one or the new one, never none. */
async function replace(path: string, make: (beside: string) => Promise<void>): Promise<void> {
  // Not the process's id alone: one process may download twice at once, and containers that share a cache share ids.
  const beside = `${path}.vitrail-${randomUUID()}`;
  try {
    await make(beside);
    await rename(beside, path);
  } catch (error) {
    await unlink(beside).catch(() => undefined);
    throw error;
  }
}

export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

export async function hasFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
