import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const packageFolder = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Where data sets are looked for, nearest first: `VITRAIL_DATA`, the user's cache (`XDG_CACHE_HOME` or `~/.cache`),
 * and `shared/data` beside the project that this package lies in.
 */
export function dataFolders(
  environment: NodeJS.ProcessEnv = process.env,
  packageAt = packageFolder,
): readonly string[] {
  const given = environment["VITRAIL_DATA"];
  const cache = environment["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return [
    ...(given ? [resolve(given)] : []),
    join(cache, "vitrail", "data"),
    resolve(packageAt, "..", "..", "shared", "data"),
  ];
}

/**
 * A file of a data set by its path there, such as `bbq/Age.jsonl`. Throws one line that names the folders where it is
 * not.
 */
export function findData(path: string, folders = dataFolders()): string {
  const found = folders.map((folder) => join(folder, path)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`no data "${path}": it is in none of ${folders.join(", ")}`);
  return found;
}
