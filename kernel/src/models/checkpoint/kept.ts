import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ownPackage = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Where a checkpoint that the package in `packageFolder` makes itself belongs: in `.vitrail/checkpoints` of the
 * workspace it lies in, else, when it is installed elsewhere, in the user's cache (`XDG_CACHE_HOME` or `~/.cache`). It
 * does not depend on the working folder.
 */
export function keptFolder(
  name: string,
  packageFolder: string = ownPackage,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const workspace = dirname(resolve(packageFolder));
  if (isWorkspace(workspace)) return join(workspace, ".vitrail", "checkpoints", name);
  const cache = environment["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(cache, "vitrail", name);
}

function isWorkspace(folder: string): boolean {
  try {
    const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: unknown };
    return name === "vitrail-workspace";
  } catch {
    return false;
  }
}

/** A folder that is filled aside and then takes its place at once, so that nobody sees it half-written. */
export interface Aside {
  readonly folder: string;
  /** Take the place, unless another process was first. */
  publish(): void;
  /** Remove what was not published. */
  discard(): void;
}

export function aside(place: string): Aside {
  mkdirSync(dirname(place), { recursive: true });
  const folder = mkdtempSync(`${place}-`);
  return {
    folder,
    publish() {
      try {
        renameSync(folder, place);
      } catch (error) {
        if (!existsSync(place)) throw error;
      }
    },
    discard: () => rmSync(folder, { recursive: true, force: true }),
  };
}
