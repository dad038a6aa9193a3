import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { catalogue } from "./catalogue.js";

const packageFolder = fileURLToPath(new URL("../../../", import.meta.url));

/** Where data sets are downloaded to: in the user's cache, `XDG_CACHE_HOME` or `~/.cache`. */
export function dataCache(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "vitrail", "data");
}

/**
 * Where data sets are looked for, nearest first: `VITRAIL_DATA`, the user's cache, and `shared/data` beside the project that this package lies in.
 */
export function dataFolders(
  environment: NodeJS.ProcessEnv = process.env,
  packageAt = packageFolder,
): readonly string[] {
  const given = environment["VITRAIL_DATA"];
  return [
    ...(given ? [resolve(given)] : []),
    dataCache(environment),
    resolve(packageAt, "..", "..", "shared", "data"),
  ];
}

/**
 * A file of a data set by its path there, such as `bbq/Age.jsonl`. Throws one line that names the folders where it is
 * not, and how to fetch it.
 */
export function findData(path: string, folders = dataFolders()): string {
  const found = folders.map((folder) => join(folder, path)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  const set = catalogue.find(({ sources }) =>
    sources.some(({ files }) =>
      files.some((file) => file.path === path || Object.hasOwn(file.holds ?? {}, path)),
    ),
  );
  const way = set === undefined ? "" : `; vitrail data fetch ${set.name} brings it`;
  throw new Error(`no data "${path}": it is in none of ${folders.join(", ")}${way}`);
}
