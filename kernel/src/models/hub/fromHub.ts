import { join } from "node:path";
import { HubApiError, modelInfo } from "@huggingface/hub";
import { oneLine, quoted } from "../checkpoint/oneLine.js";
import { readIndex } from "../checkpoint/weights.js";
import { describeFiles } from "./about.js";
import { hasFile, isCommit, type ModelCache } from "./cache.js";
import { download } from "./download.js";
import { hubFromEnvironment, refusal, RefusedError, UnreachableError, type Hub } from "./hub.js";
import { neededFiles } from "./needed.js";
import type { ResolveOptions } from "./resolve.js";

/** Bring what is needed of a revision into the cache, as far as it is not there; its commit. Throws one line. */
export async function fromHub(
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
    const sized = await explain(hub, cache, model, revision, () =>
      describeFiles(hub, cache, model, commit, names),
    );
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
      return readIndex(join(cache.snapshot(commit), index));
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new Error(`hub model ${quoted(model)} at revision ${quoted(revision)}: ${oneLine(error)}`);
  }
  await fetchFiles(needed, options.onProgress);
  await cache.remember(revision, commit);
  return commit;
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
    if (error instanceof RefusedError) throw new Error(refusal(hub, model, revision, error.status));
    if (!(error instanceof UnreachableError)) throw error;
    const cached = (await cache.commit(revision)) !== undefined;
    throw new Error(`${error.message}${cached ? "; HF_HUB_OFFLINE=1 opens what is in the cache" : ""}`);
  }
}
