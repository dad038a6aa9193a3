import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { oneLine, quoted } from "../checkpoint/oneLine.js";
import { readIndex } from "../checkpoint/weights.js";
import { ModelCache } from "./cache.js";
import { fromHub } from "./fromHub.js";
import { isOffline } from "./hub.js";
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

/** Whether `resolveModel` would ask the hub, or the cache of what came from it, for a model. */
export function isHubModel(model: string): boolean {
  return !existsSync(model) && isModelId(model);
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
    await neededFiles(present, (index) => readIndex(join(folder, index)));
  } catch (error) {
    throw new Error(`${offline}, and ${folder} is not complete: ${oneLine(error)}`);
  }
  return commit;
}
