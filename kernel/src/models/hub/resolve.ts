import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { HubApiError, modelInfo, pathsInfo } from "@huggingface/hub";
import { readJsonObject } from "../checkpoint/json.js";
import { oneLine, quoted } from "../checkpoint/oneLine.js";
import { readWeightMap } from "../checkpoint/weights.js";
import { hasFile, isCommit, ModelCache } from "./cache.js";
import { download, type Download } from "./download.js";
import { hubFromEnvironment, isOffline, refusal, UnreachableError, type Hub } from "./hub.js";
import { neededFiles } from "./needed.js";

/** How far a download is; `total` counts every needed file, those that were there already too. */
export interface DownloadProgress {
  readonly received: number;
  readonly total: number;
  /** The file that is coming. */
  readonly file: string;
}

export interface ResolveOptions {
  /** Branch, tag or commit of a hub model; `main` unless told. */
  readonly revision?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Stops the download with the signal's reason; what came is kept. */
  readonly signal?: AbortSignal;
}

export interface ResolvedModel {
  /** Folder with config, tokenizer and weights. */
  readonly folder: string;
  /** As it was asked for. */
  readonly model: string;
  /** Commit of a hub model; undefined for a folder. */
  readonly revision: string | undefined;
}

/**
 * The folder of a model. A path of a folder is that folder. A hub id (`org/name`, `gpt2`) is downloaded into the
 * standard Hugging Face cache, as far as it is not there: config, tokenizer, and safetensors or else `.bin` weights.
 * A broken download goes on where it stopped. Honours HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_ENDPOINT and, using the cache
 * alone, HF_HUB_OFFLINE.
 *
 * Throws one line when there is no such folder or model, it may not be read, or it lacks files.
 */
export async function resolveModel(model: string, options: ResolveOptions = {}): Promise<ResolvedModel> {
  const found = await stat(model).catch(() => undefined);
  if (found?.isDirectory()) {
    if (options.revision !== undefined) {
      throw new Error(
        `revision ${quoted(options.revision)} is of a hub model, and ${resolve(model)} is a folder`,
      );
    }
    return { folder: resolve(model), model, revision: undefined };
  }
  if (found !== undefined) throw new Error(`${resolve(model)} is a file: open its folder`);
  if (!isModelId(model))
    throw new Error(`no folder ${resolve(model)}, and ${quoted(model)} is no hub id such as "org/name"`);
  const revision = options.revision ?? "main";
  if (!/^[\w.-]+(\/[\w.-]+)*$/.test(revision) || revision.split("/").some((part) => /^\.+$/.test(part))) {
    throw new Error(`${quoted(revision)} is no revision: give a branch, a tag or a commit`);
  }
  options.signal?.throwIfAborted();
  const cache = new ModelCache(model);
  const commit = isOffline()
    ? await fromCache(cache, model, revision)
    : await fromHub(cache, model, revision, options);
  return { folder: cache.snapshot(commit), model, revision: commit };
}

function isModelId(text: string): boolean {
  return /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/.test(text) && !/--|\.\.|\.git$|[-.](\/|$)/.test(text);
}

async function fromCache(cache: ModelCache, model: string, revision: string): Promise<string> {
  const offline = "HF_HUB_OFFLINE is set";
  const commit = await cache.commit(revision);
  const present = commit === undefined ? [] : await cache.files(commit);
  if (commit === undefined || present.length === 0) {
    throw new Error(
      `${offline}, and ${quoted(model)} at revision ${quoted(revision)} is not in ${cache.folder}`,
    );
  }
  const folder = cache.snapshot(commit);
  try {
    await neededFiles(present, (index) => weightMapOf(join(folder, index)));
  } catch (error) {
    throw new Error(`${offline}, and ${folder} is not complete: ${oneLine(error)}`);
  }
  return commit;
}

async function fromHub(
  cache: ModelCache,
  model: string,
  revision: string,
  options: ResolveOptions,
): Promise<string> {
  const hub = await hubFromEnvironment(options.signal);
  const { commit, files } = await explain(hub, cache, model, revision, () => describe(hub, model, revision));

  const fetchFiles = async (names: readonly string[], onProgress: ResolveOptions["onProgress"]) => {
    const folder = cache.snapshot(commit);
    const lacking: string[] = [];
    for (const name of names) if (!(await hasFile(join(folder, name)))) lacking.push(name);
    if (lacking.length === 0) return;
    const sized = await explain(hub, cache, model, revision, () => sizes(hub, cache, model, commit, names));
    const total = sized.reduce((sum, { file }) => sum + file.bytes, 0);
    let before = 0;
    for (const { name, file } of sized) {
      if (lacking.includes(name)) {
        const report = (bytes: number) => onProgress?.({ received: before + bytes, total, file: name });
        if (!(await hasFile(file.blob))) {
          await download(hub, file, report, (status) => refusal(hub, model, revision, status));
        }
        await cache.link(commit, name, file.digest);
        report(file.bytes);
      }
      before += file.bytes;
    }
  };

  let needed: string[];
  try {
    needed = await neededFiles(files, async (index) => {
      await fetchFiles([index], undefined);
      return weightMapOf(join(cache.snapshot(commit), index));
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new Error(`hub model ${quoted(model)} at revision ${quoted(revision)}: ${oneLine(error)}`);
  }
  await fetchFiles(needed, options.onProgress);
  await cache.remember(revision, commit);
  return commit;
}

async function weightMapOf(index: string): Promise<Map<string, string>> {
  const read = await readJsonObject(index);
  if (read === undefined) throw new Error(`${index} has gone`);
  return readWeightMap(read.object, index);
}

/** The commit of a revision, and the files it has. */
async function describe(
  hub: Hub,
  model: string,
  revision: string,
): Promise<{ commit: string; files: string[] }> {
  const { sha, filePaths } = await modelInfo({
    name: model,
    revision,
    hubUrl: hub.endpoint,
    fetch: hub.fetch,
    additionalFields: ["sha", "filePaths"],
  });
  if (!isCommit(sha)) throw new Error(`the hub calls the commit of ${quoted(model)} ${quoted(String(sha))}`);
  return { commit: sha, files: filePaths };
}

/** Bytes and digest of each file; the digest also names the blob, as it does for Python. */
async function sizes(
  hub: Hub,
  cache: ModelCache,
  model: string,
  commit: string,
  names: readonly string[],
): Promise<{ name: string; file: Download }[]> {
  const said = await pathsInfo({
    repo: { type: "model", name: model },
    paths: [...names],
    revision: commit,
    hubUrl: hub.endpoint,
    fetch: hub.fetch,
  });
  return names.map((name) => {
    const about = said.find(({ path }) => path === name);
    const digest = about?.lfs?.oid ?? about?.oid;
    if (about === undefined || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(digest ?? "")) {
      throw new Error(`the hub gives no digest of ${quoted(name)} of ${quoted(model)}`);
    }
    const url = `${hub.endpoint}/${model}/resolve/${commit}/${encodeURIComponent(name)}`;
    const bytes = about.lfs?.size ?? about.size;
    return {
      name,
      file: { url, label: `${name} of ${model}`, blob: cache.blob(digest!), bytes, digest: digest! },
    };
  });
}

/** Word what the library throws for the user, with the way out. */
async function explain<T>(
  hub: Hub,
  cache: ModelCache,
  model: string,
  revision: string,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof HubApiError) throw new Error(refusal(hub, model, revision, error.statusCode));
    if (!(error instanceof UnreachableError)) throw error;
    const cached = (await cache.commit(revision)) !== undefined;
    throw new Error(`${error.message}${cached ? "; HF_HUB_OFFLINE=1 opens what is in the cache" : ""}`);
  }
}
