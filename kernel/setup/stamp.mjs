import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root } from "./place.mjs";

/**
 * Hash of files and of all files under folders, with their names, by paths from the project's folder.
 *
 * @param {readonly string[]} paths
 * @param {(path: string) => boolean} [wanted]
 */
export function contentHash(paths, wanted = () => true) {
  const hash = createHash("sha256");
  for (const path of paths.flatMap((each) => filesUnder(join(root, each)))) {
    if (!wanted(path)) continue;
    hash
      .update(`${relative(root, path)}\0`)
      .update(readFileSync(path))
      .update("\0");
  }
  return hash.digest("hex");
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

/**
 * Does the work unless the file at `stamp` says that it was done with the same inputs.
 *
 * @param {string} stamp
 * @param {string} inputs
 * @param {() => void} work
 */
export function unlessDone(stamp, inputs, work) {
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === inputs) return;
  work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, inputs);
}
