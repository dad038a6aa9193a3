import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A model as the hub holds it; `large` files lie in a store of another origin, as git-lfs files do. */
export interface HostedModel {
  readonly commit: string;
  readonly branch: string;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly large: ReadonlySet<string>;
  /** Only who sends this may see it. */
  readonly token?: string;
  /** It is shown to everybody, and its files are given to nobody. */
  readonly gated?: boolean;
}

export interface HubServer {
  readonly endpoint: string;
  readonly models: Map<string, HostedModel>;
  /** Old ids and what they are called now. */
  readonly renamed: Map<string, string>;
  /** After how many bytes the next answers with contents are cut; later ones are whole. */
  readonly cuts: number[];
  /** Whether ranges are answered, as the hub does, overlooked, or refused with 416. */
  ranges: "answered" | "overlooked" | "refused";
  /** Whether it lists files on request, as the hub does, or only answers for each, as mirrors and proxies do. */
  lists: boolean;
  /** `METHOD PATH`, then `range` and `token` where they were sent; requests to the store begin with `store`. */
  readonly requests: string[];
  /** Contents of the store, by digest. */
  readonly store: Map<string, Buffer>;
  close(): Promise<void>;
}

export const gitId = (content: Buffer): string =>
  createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
export const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/** A server on loopback that answers as the hub does where models are downloaded. */
export async function startHub(): Promise<HubServer> {
  const store = createServer((request, response) => {
    note("store ", request);
    const content = hub.store.get(new URL(request.url!, "http://store").pathname.slice(1));
    if (content === undefined) return void response.writeHead(403).end();
    send(request, response, content, {});
  });
  const api = createServer((request, response) => {
    note("", request);
    void answer(request, response).catch(() => response.destroy());
  });
  const [endpoint, storeAddress] = await Promise.all([listen(api), listen(store)]);
  const hub: HubServer = {
    endpoint,
    models: new Map(),
    renamed: new Map(),
    cuts: [],
    ranges: "answered",
    lists: true,
    requests: [],
    store: new Map(),
    close: async () => {
      await Promise.all(
        [api, store].map(
          (server) => new Promise((done) => (server.closeAllConnections(), server.close(done))),
        ),
      );
    },
  };
  return hub;

  function note(prefix: string, request: IncomingMessage): void {
    const { range, authorization } = request.headers;
    const path = request.url!.replace(/\?.*/, "");
    hub.requests.push(
      [`${prefix}${request.method} ${path}`, range, authorization && "token"].filter(Boolean).join(" "),
    );
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, endpoint);
    const path = decodeURIComponent(url.pathname);
    const [, id, what, rest] =
      /^(?:\/api\/models)?\/(.+?)\/(revision|paths-info|resolve)\/(.+)$/.exec(path) ?? [];
    const now = hub.renamed.get(id ?? "");
    if (now !== undefined) {
      response.writeHead(307, { location: request.url!.replace(id!, now) }).end();
      return;
    }
    const model = hub.models.get(id ?? "");
    if (model === undefined || (model.token && request.headers.authorization !== `Bearer ${model.token}`)) {
      // The hub does not say whether a private model exists.
      const status = request.headers.authorization ? 404 : 401;
      return fail(response, status, "RepoNotFound", "Invalid username or password.");
    }
    const [revision, file] = what === "resolve" ? split(rest!, model) : [rest!, ""];
    if (revision !== model.commit && revision !== model.branch) {
      return fail(response, 404, "RevisionNotFound", `Invalid rev id: ${revision}`);
    }
    if (what === "paths-info" && !hub.lists) return fail(response, 404, "", "Cannot POST");
    if (what === "revision") return describe(response, id!, model);
    if (model.gated)
      return fail(response, request.headers.authorization ? 403 : 401, "GatedRepo", "Access is restricted");
    if (what === "paths-info") return void (await pathsInfo(request, response, model));
    const content = model.files.get(file!);
    if (content === undefined) return fail(response, 404, "EntryNotFound", "Entry not found");
    const headers = { "x-repo-commit": model.commit };
    if (!model.large.has(file!))
      return send(request, response, content, { ...headers, etag: `"${gitId(content)}"` });
    hub.store.set(sha256(content), content);
    const location = `${storeAddress}/${sha256(content)}?signed`;
    const linked = { "x-linked-etag": `"${sha256(content)}"`, "x-linked-size": String(content.length) };
    response.writeHead(302, { ...headers, ...linked, location }).end();
  }

  function send(
    request: IncomingMessage,
    response: ServerResponse,
    content: Buffer,
    headers: Record<string, string>,
  ): void {
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
    if (asked !== null && hub.ranges === "refused") {
      response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
      return;
    }
    const [, start] = (hub.ranges === "answered" && asked) || [];
    const from = Number(start ?? 0);
    const part = content.subarray(from);
    const range = { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` };
    response.writeHead(start === undefined ? 200 : 206, {
      ...headers,
      ...(start !== undefined && range),
      "accept-ranges": "bytes",
      "content-length": String(part.length),
    });
    if (request.method === "HEAD") return void response.end();
    const cut = hub.cuts.shift();
    if (cut === undefined || cut >= part.length) return void response.end(part);
    response.flushHeaders();
    response.write(part.subarray(0, cut), () => response.destroy());
  }
}

/** A branch may have slashes, so the path alone does not say where it ends. */
function split(rest: string, model: HostedModel): [revision: string, file: string] {
  const revision = [model.commit, model.branch].find((name) => rest.startsWith(`${name}/`));
  return revision === undefined ? [rest, ""] : [revision, rest.slice(revision.length + 1)];
}

function describe(response: ServerResponse, id: string, model: HostedModel): void {
  const siblings = [...model.files.keys()].map((rfilename) => ({ rfilename }));
  const about = {
    _id: "0",
    id,
    sha: model.commit,
    siblings,
    private: false,
    gated: false,
    likes: 0,
    downloads: 0,
  };
  json(response, { ...about, lastModified: "2026-01-01T00:00:00.000Z", tags: [] });
}

async function pathsInfo(
  request: IncomingMessage,
  response: ServerResponse,
  model: HostedModel,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { paths } = JSON.parse(Buffer.concat(chunks).toString()) as { paths: string[] };
  const known = paths.filter((path) => model.files.has(path));
  json(
    response,
    known.map((path) => {
      const content = model.files.get(path)!;
      const lfs = { oid: sha256(content), size: content.length, pointerSize: 130 };
      const oid = model.large.has(path) ? gitId(Buffer.from(`pointer to ${lfs.oid}`)) : gitId(content);
      return { type: "file", path, oid, size: content.length, ...(model.large.has(path) && { lfs }) };
    }),
  );
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function fail(response: ServerResponse, status: number, code: string, error: string): void {
  response
    .writeHead(status, { "content-type": "application/json", "x-error-code": code, "x-error-message": error })
    .end(JSON.stringify({ error }));
}

function listen(server: Server): Promise<string> {
  return new Promise((done) => {
    server.listen(0, "127.0.0.1", () => done(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}
