import { HubApiError, pathsInfo } from "@huggingface/hub";
import { quoted } from "../checkpoint/oneLine.js";
import type { ModelCache } from "./cache.js";
import type { Download } from "./download.js";
import { RefusedError, type Hub } from "./hub.js";

/** How long a file is, and its digest: hex sha256, or git's id of a file that git holds itself. */
interface About {
  readonly bytes: number;
  readonly digest: string;
}

/** How often one file may lead to another address of the hub: a new name, and the hub's own cache. */
const longestTrail = 5;

/**
 * What there is to download for each of `names`; the digest also names the blob, as it does for Python. Throws one line
 * when the hub does not say how long a file is or what its digest is.
 */
export async function describeFiles(
  hub: Hub,
  cache: ModelCache,
  model: string,
  commit: string,
  names: readonly string[],
): Promise<{ name: string; file: Download }[]> {
  const url = (name: string) => `${hub.endpoint}/${model}/resolve/${commit}/${encodeURIComponent(name)}`;
  const said = (await fromList(hub, model, commit, names)) ?? (await fromHeaders(hub, names, url));
  return names.map((name) => {
    const about = said.get(name);
    if (about === undefined || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(about.digest)) {
      throw new Error(`the hub gives no digest of ${quoted(name)} of ${quoted(model)}`);
    }
    if (!Number.isSafeInteger(about.bytes)) {
      throw new Error(`the hub gives no length of ${quoted(name)} of ${quoted(model)}`);
    }
    return {
      name,
      file: {
        ...about,
        source: "the hub",
        url: url(name),
        label: `${name} of ${model}`,
        blob: cache.blob(about.digest),
        resumes: true,
      },
    };
  });
}

/** All at one request; undefined where it is not known, as mirrors and proxies often know only what Python asks. */
async function fromList(
  hub: Hub,
  model: string,
  commit: string,
  names: readonly string[],
): Promise<Map<string, About> | undefined> {
  try {
    const said = await pathsInfo({
      repo: { type: "model", name: model },
      paths: [...names],
      revision: commit,
      hubUrl: hub.endpoint,
      fetch: hub.fetch,
    });
    return new Map(
      said.map(({ path, size, oid, lfs }) => [
        path,
        { bytes: lfs?.size ?? size, digest: lfs?.oid ?? oid ?? "" },
      ]),
    );
  } catch (error) {
    if (error instanceof HubApiError && [404, 405, 501].includes(error.statusCode)) return undefined;
    throw error;
  }
}

/** One request for each file, as Python asks. */
async function fromHeaders(
  hub: Hub,
  names: readonly string[],
  url: (name: string) => string,
): Promise<Map<string, About>> {
  const said = new Map<string, About>();
  for (const name of names) said.set(name, await fromHeader(hub, url(name)));
  return said;
}

async function fromHeader(hub: Hub, url: string): Promise<About> {
  let at = new URL(url);
  for (let step = 0; step <= longestTrail; step++) {
    const { status, headers } = await hub.fetch(at, {
      method: "HEAD",
      redirect: "manual",
      // Of a compressed answer the length would not be the file's.
      headers: { "accept-encoding": "identity" },
    });
    if (status >= 400) throw new RefusedError(status);
    const linked = headers.get("x-linked-etag");
    const location = headers.get("location");
    const next = location === null ? undefined : new URL(location, at);
    // What the store calls a large file is its own affair; the hub said it before it sent us there.
    if (linked === null && next?.origin === at.origin) {
      at = next;
      continue;
    }
    const length =
      headers.get("x-linked-size") ?? (next === undefined ? headers.get("content-length") : null);
    return {
      bytes: length === null || !/^\d+$/.test(length) ? NaN : Number(length),
      digest: /^(?:W\/)?"?([0-9a-f]+)"?$/.exec(linked ?? headers.get("etag") ?? "")?.[1] ?? "",
    };
  }
  throw new Error(`${url} leads from one address to another ${longestTrail + 1} times`);
}
