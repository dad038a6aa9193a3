import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { makeDemo } from "./make.js";

/**
 * Folder of the demo checkpoint, which is made when it is missing: in `.vitrail/checkpoints` of the workspace this
 * package lies in, else, when it is installed elsewhere, in the user's cache (`XDG_CACHE_HOME` or `~/.cache`). It does
 * not depend on the working folder.
 */
export function demoCheckpoint(): string {
  const folder = demoFolder(fileURLToPath(new URL("../../../", import.meta.url)));
  if (!existsSync(folder)) makeWhole(folder);
  return folder;
}

/** Where the demo of the package in this folder belongs. */
export function demoFolder(packageFolder: string, environment: NodeJS.ProcessEnv = process.env): string {
  const workspace = dirname(resolve(packageFolder));
  if (isWorkspace(workspace)) return join(workspace, ".vitrail", "checkpoints", "demo");
  const cache = environment["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(cache, "vitrail", "demo");
}

function isWorkspace(folder: string): boolean {
  try {
    const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: unknown };
    return name === "vitrail-workspace";
  } catch {
    return false;
  }
}

/** Nobody sees the folder half-written, also when two processes make it at once. */
function makeWhole(folder: string): void {
  mkdirSync(dirname(folder), { recursive: true });
  const aside = mkdtempSync(`${folder}-`);
  try {
    makeDemo(aside);
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
