import { existsSync } from "node:fs";
import { join } from "node:path";
import { progress } from "../../display/progress.js";
import { nearest } from "../../graph/nearest.js";
import { download } from "../../models/hub/download.js";
import { serverAt, type Server } from "../../models/hub/hub.js";
import { cancelSignal } from "../../session/host.js";
import { catalogue, type DataFile, type DataSet, type DataSource } from "./catalogue.js";
import { dataCache, dataFolders } from "./place.js";
import { readBytes } from "./source.js";
import { unpack } from "./unpack.js";

/**
 * Address of a file. `VITRAIL_DATA_ORIGIN` names a mirror of GitHub's raw files, which holds those of other
 * servers under the names of their hosts.
 */
function addressOf(source: DataSource, { origin, commit }: DataFile): string {
  const mirror = process.env["VITRAIL_DATA_ORIGIN"]?.replace(/\/+$/, "");
  if ("repository" in source)
    return `${mirror || "https://raw.githubusercontent.com"}/${source.repository}/${commit ?? source.commit}/${origin}`;
  return `${mirror ? `${mirror}/${source.address.replace(/^https?:\/\//, "")}` : source.address}/${origin}`;
}

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
  const folders = dataFolders();
  for (const file of sources.flatMap(({ files }) => files)) {
    if ((await present(file).catch(() => undefined)) === undefined) return false;
    for (const held of Object.keys(file.holds ?? {}))
      if (!folders.some((folder) => existsSync(join(folder, held)))) return false;
  }
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
 * as does an interrupted download. What an archive holds is laid beside it. Gives the paths of the files, in the
 * catalogue's order, those of an archive after it.
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
      const path = there ?? (await bring(source, file, cancelSignal(signal)));
      say(`  ${there === undefined ? "fetched" : "already there"}: ${path}`);
      const held = new Map(
        Object.entries(file.holds ?? {}).map(([to, name]) => [join(dataCache(), to), name]),
      );
      if (held.size > 0) await unpack(path, held);
      for (const to of held.keys()) say(`  unpacked: ${to}`);
      paths.push(path, ...held.keys());
    }
  return paths;
}

/** Where files come from and what may be done with them, for the reader. */
export function termsOf(source: DataSource): string[] {
  const { licence, terms, files } = source;
  const from =
    "repository" in source ? `https://github.com/${source.repository}/tree/${source.commit}` : source.address;
  return [
    `  from ${from}: ${files.map(({ origin }) => origin).join(", ")}`,
    `  licence ${licence}: ${terms}`,
  ];
}

async function bring(source: DataSource, file: DataFile, signal: AbortSignal | undefined): Promise<string> {
  const { path, sha256 } = file;
  const url = addressOf(source, file);
  const server = serverAt(new URL(url).origin, signal);
  const refused = (status: number) => `${url} answers ${status} when asked for ${path}`;
  const blob = join(dataCache(), path);
  signal?.throwIfAborted();
  const bytes = file.bytes ?? (await lengthOf(server, url, refused));
  const bar = progress(bytes, path);
  let outcome = "stopped";
  try {
    const wanted = { url, label: path, blob, bytes, digest: sha256, source: "the catalogue", resumes: false };
    await download(server, wanted, (now) => bar.set(now), refused);
    outcome = "";
  } finally {
    bar.finish(outcome);
  }
  return blob;
}

/** What the server says of a file's length. Throws one line when it says nothing. */
async function lengthOf(server: Server, url: string, refused: (status: number) => string): Promise<number> {
  // The length of a compressed answer would not be the file's.
  const answer = await server.fetch(url, { method: "HEAD", headers: { "accept-encoding": "identity" } });
  if (!answer.ok) throw new Error(refused(answer.status));
  const length = Number(answer.headers.get("content-length") ?? Number.NaN);
  if (!Number.isInteger(length)) throw new Error(`${url} does not say how long it is`);
  return length;
}
