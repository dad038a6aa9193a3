import { existsSync } from "node:fs";
import { join } from "node:path";
import { progress } from "../../display/progress.js";
import { nearest } from "../../graph/nearest.js";
import { download } from "../../models/hub/download.js";
import { serverAt } from "../../models/hub/hub.js";
import { cancelSignal } from "../../session/host.js";
import { catalogue, type DataFile, type DataSet, type DataSource } from "./catalogue.js";
import { dataCache, dataFolders } from "./place.js";
import { readBytes } from "./source.js";

/** Where the files of public repositories are served; `VITRAIL_DATA_ORIGIN` names a mirror. */
const dataOrigin = (): string => process.env["VITRAIL_DATA_ORIGIN"] || "https://raw.githubusercontent.com";

/** A set of the catalogue. Throws one line with the nearest name for one that it does not know. */
function dataSet(name: string): DataSet {
  const found = catalogue.find((set) => set.name === name);
  if (found !== undefined) return found;
  const names = catalogue.map((set) => set.name);
  throw new Error(
    `no data set "${name}": nearest is ${nearest(name, names)[0]}, there are ${names.join(", ")}`,
  );
}

/** Where a file lies that `findData` would find, if its contents are those of the catalogue. */
async function present({ path, sha256 }: DataFile): Promise<string | undefined> {
  const cache = dataCache();
  for (const folder of dataFolders()) {
    const file = join(folder, path);
    if (!existsSync(file)) continue;
    const found = (await readBytes(file)).sha256;
    if (found === sha256) return file;
    // What is downloaded now would not be found behind it.
    if (folder !== cache)
      throw new Error(`${file} has sha256 ${found}, the catalogue says ${sha256}: move it away`);
    return undefined;
  }
  return undefined;
}

/** Whether all files of a set are there and are what the catalogue says. */
export async function hasData({ sources }: DataSet): Promise<boolean> {
  for (const file of sources.flatMap(({ files }) => files))
    if ((await present(file).catch(() => undefined)) === undefined) return false;
  return true;
}

export interface FetchDataOptions {
  /** Is told the licence before anything is asked for, and what became of each file. Default: `console.log`. */
  readonly say?: (line: string) => void;
  /** Ends the download with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Brings a data set from its own repositories into the user's cache, where `findData` looks. A file that is there with
 * the right hash is not asked for again; one that comes with other contents is an error of one line, and leaves nothing,
 * as does an interrupted download. Gives the paths of the files, in the catalogue's order.
 */
export async function fetchData(
  what: string | DataSet,
  { say = console.log, signal }: FetchDataOptions = {},
): Promise<string[]> {
  const set = typeof what === "string" ? dataSet(what) : what;
  say(`${set.name}: ${set.about}`);
  for (const source of set.sources) for (const line of termsOf(source)) say(line);
  const paths: string[] = [];
  for (const source of set.sources)
    for (const file of source.files) {
      const there = await present(file);
      if (there === undefined) paths.push(await bring(source, file, cancelSignal(signal)));
      else paths.push(there);
      say(`  ${there === undefined ? "fetched" : "already there"}: ${paths.at(-1)}`);
    }
  return paths;
}

/** Where files come from and what may be done with them, for the reader. */
export function termsOf({ repository, commit, licence, terms, files }: DataSource): string[] {
  return [
    `  from https://github.com/${repository}/tree/${commit}: ${files.map(({ origin }) => origin).join(", ")}`,
    `  licence ${licence}: ${terms}`,
  ];
}

async function bring(
  source: DataSource,
  { path, origin, bytes, sha256, commit = source.commit }: DataFile,
  signal: AbortSignal | undefined,
): Promise<string> {
  const server = serverAt(dataOrigin(), signal);
  const url = `${server.endpoint}/${source.repository}/${commit}/${origin}`;
  const blob = join(dataCache(), path);
  const bar = progress(bytes, path);
  let outcome = "stopped";
  try {
    signal?.throwIfAborted();
    const file = { url, label: path, blob, bytes, digest: sha256, source: "the catalogue", resumes: false };
    await download(
      server,
      file,
      (now) => bar.set(now),
      (status) => `${url} answers ${status} when asked for ${path}`,
    );
    outcome = "";
  } finally {
    bar.finish(outcome);
  }
  return blob;
}
