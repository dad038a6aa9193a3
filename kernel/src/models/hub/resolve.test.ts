import { spawnSync } from "node:child_process";
import {
  mkdtempSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { goldens } from "../checkpoint/goldens.fixture.js";
import { openCheckpoint } from "../checkpoint/open.js";
import { gitId, sha256, startHub, type HostedModel, type HubServer } from "./hubServer.fixture.js";
import { resolveModel, type DownloadProgress } from "./resolve.js";

let hub: HubServer;
let home: string;
const commit = "0123456789abcdef0123456789abcdef01234567";

/** A golden checkpoint as it would lie on the hub, with what repositories hold beside it. */
function hosted(
  name: string,
  more: Partial<HostedModel> = {},
  beside: Record<string, string> = {},
): HostedModel {
  const folder = join(goldens, "checkpoints", name);
  const files = new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]));
  for (const [file, text] of Object.entries({ "README.md": "about", "tf_model.h5": "other", ...beside })) {
    files.set(file, Buffer.from(text));
  }
  const large = new Set([...files.keys()].filter((file) => /\.(bin|safetensors|h5)$/.test(file)));
  return { commit, branch: "main", files, large, ...more };
}

const cached = (...path: string[]): string => join(home, "hub", "models--org--tiny", ...path);
const blobs = (): string[] => readdirSync(cached("blobs")).sort();

beforeEach(async () => {
  hub = await startHub();
  home = mkdtempSync(join(tmpdir(), "vitrail-hub-"));
  vi.stubEnv("HF_HOME", home);
  vi.stubEnv("HF_ENDPOINT", `${hub.endpoint}/`);
  for (const name of [
    "HF_HUB_CACHE",
    "HUGGINGFACE_HUB_CACHE",
    "HF_TOKEN_PATH",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN",
  ]) {
    vi.stubEnv(name, undefined);
  }
  for (const name of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
    vi.stubEnv(name, "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  rmSync(home, { recursive: true, force: true });
});

describe("a folder", () => {
  test("is itself, and nothing is asked of a hub", async () => {
    const folder = join(goldens, "checkpoints", "opt");
    expect(await resolveModel(folder)).toEqual({ folder, model: folder, revision: undefined });
    expect(hub.requests).toEqual([]);
  });
  test.each([
    ["./nowhere", /^no folder .*\/nowhere, and "\.\/nowhere" is no hub id such as "org\/name"$/],
    ["a/b/c", /is no hub id/],
    ["../secret", /is no hub id/],
    ["a--b", /is no hub id/],
    ["", /is no hub id/],
  ])("%j is none", (model, message) => expect(resolveModel(model)).rejects.toThrow(message));
  test("a file is none", () =>
    expect(resolveModel(join(goldens, "checkpoints", "opt", "config.json"))).rejects.toThrow(
      /is a file: open its folder$/,
    ));
  test("has no revision", () =>
    expect(resolveModel(goldens, { revision: "v1" })).rejects.toThrow(/revision "v1" is of a hub model/));
});

describe("a hub id", () => {
  test("comes into the standard cache: blobs by digest, snapshots of links, refs", async () => {
    const model = hosted("opt-bin-sharded");
    hub.models.set("org/tiny", model);
    const resolved = await resolveModel("org/tiny");
    expect(resolved).toEqual({ folder: cached("snapshots", commit), model: "org/tiny", revision: commit });
    expect(readFileSync(cached("refs", "main"), "utf8")).toBe(commit);

    const wanted = [...model.files.keys()]
      .filter((file) => !["README.md", "tf_model.h5"].includes(file))
      .sort();
    expect(readdirSync(resolved.folder).sort()).toEqual(wanted);
    for (const file of wanted) {
      const content = model.files.get(file)!;
      const digest = model.large.has(file) ? sha256(content) : gitId(content);
      expect(readlinkSync(join(resolved.folder, file))).toBe(`../../blobs/${digest}`);
      expect(readFileSync(join(resolved.folder, file)).equals(content)).toBe(true);
    }
    expect(blobs()).toHaveLength(new Set(wanted.map((file) => sha256(model.files.get(file)!))).size);

    const opened = await openCheckpoint(resolved.folder);
    const original = await openCheckpoint(join(goldens, "checkpoints", "opt-bin-sharded"));
    expect(opened.fingerprint).toBe(original.fingerprint);
    for (const { file } of opened.tensors.values()) expect(file).toContain("/blobs/");
  });

  test("is not downloaded twice", async () => {
    hub.models.set("org/tiny", hosted("gpt2"));
    await resolveModel("org/tiny");
    hub.requests.length = 0;
    const seen: DownloadProgress[] = [];
    await resolveModel("org/tiny", { onProgress: (progress) => seen.push(progress) });
    expect(hub.requests).toEqual(["GET /api/models/org/tiny/revision/main"]);
    expect(seen).toEqual([]);
  });

  test("a new commit shares the blobs that did not change", async () => {
    const model = hosted("gpt2");
    hub.models.set("org/tiny", model);
    await resolveModel("org/tiny");
    const later = "f".repeat(40);
    hub.models.set("org/tiny", {
      ...model,
      commit: later,
      files: new Map([...model.files, ["vocab.json", Buffer.from("{}")]]),
    });
    hub.requests.length = 0;
    expect((await resolveModel("org/tiny")).revision).toBe(later);
    expect(hub.requests.filter((line) => line.includes("/resolve/"))).toEqual([
      `GET /org/tiny/resolve/${later}/vocab.json`,
    ]);
    expect(readdirSync(cached("snapshots")).sort()).toEqual([commit, later]);
    expect((await resolveModel("org/tiny", { revision: later })).folder).toBe(cached("snapshots", later));
  });

  test("prefers safetensors, and takes one form of the weights", async () => {
    hub.models.set(
      "org/tiny",
      hosted("opt", {}, { "pytorch_model.bin": "the same", "model.fp16.safetensors": "a variant" }),
    );
    const { folder } = await resolveModel("org/tiny");
    expect(readdirSync(folder).filter((file) => /bin|safetensors/.test(file))).toEqual(["model.safetensors"]);
  });

  test("takes what the tokenizer is converted from where nothing can be read", async () => {
    const model = hosted("llama", {}, { "tokenizer.model": "pieces" });
    hub.models.set("org/tiny", model);
    expect(readdirSync((await resolveModel("org/tiny")).folder)).not.toContain("tokenizer.model");
    const files = new Map([...model.files].filter(([file]) => file !== "tokenizer.json"));
    hub.models.set("org/tiny", { ...model, files, commit: "a".repeat(40) });
    expect(readdirSync((await resolveModel("org/tiny")).folder)).toContain("tokenizer.model");
  });

  test("an old name leads to the new one", async () => {
    hub.models.set("org/tiny", hosted("gpt2"));
    hub.renamed.set("tiny", "org/tiny");
    const { folder } = await resolveModel("tiny");
    expect(folder).toBe(join(home, "hub", "models--tiny", "snapshots", commit));
    expect((await openCheckpoint(folder)).tensors.size).toBe(30);
  });

  test("a branch may have slashes", async () => {
    hub.models.set("org/tiny", hosted("gpt2", { branch: "refs/pr/1" }));
    expect((await resolveModel("org/tiny", { revision: "refs/pr/1" })).revision).toBe(commit);
    expect(readFileSync(cached("refs", "refs", "pr", "1"), "utf8")).toBe(commit);
    await expect(resolveModel("org/tiny", { revision: "../main" })).rejects.toThrow(
      '"../main" is no revision',
    );
  });

  test("progress counts the bytes of all needed files", async () => {
    const model = hosted("opt-bin-sharded");
    hub.models.set("org/tiny", model);
    const seen: DownloadProgress[] = [];
    const { folder } = await resolveModel("org/tiny", { onProgress: (progress) => seen.push(progress) });
    const total = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    expect(new Set(seen.map((progress) => progress.total))).toEqual(new Set([total]));
    expect(seen.at(-1)!.received).toBe(total);
    seen.reduce((before, { received }) => (expect(received).toBeGreaterThanOrEqual(before), received), 0);
    expect(seen.some(({ received }) => received > 0 && received < total)).toBe(true);
  });
});

describe("a mirror that lists no files", () => {
  beforeEach(() => (hub.lists = false));

  test("gives the same cache, asked for each file", async () => {
    hub.models.set("org/tiny", hosted("opt-bin-sharded"));
    const { folder } = await resolveModel("org/tiny");
    const asked = hub.requests.filter((request) => request.startsWith("HEAD "));
    expect(asked).toContain(`HEAD /org/tiny/resolve/${commit}/config.json`);
    const there = readdirSync(folder).map((file) => [file, readlinkSync(join(folder, file))]);
    rmSync(join(home, "hub"), { recursive: true });
    hub.lists = true;
    hub.requests.length = 0;
    await resolveModel("org/tiny");
    expect(hub.requests.filter((request) => request.startsWith("HEAD "))).toEqual([]);
    expect(readdirSync(folder).map((file) => [file, readlinkSync(join(folder, file))])).toEqual(there);
  });

  test("may lead on to a new name, and break", async () => {
    hub.models.set("org/tiny", hosted("gpt2"));
    hub.renamed.set("tiny", "org/tiny");
    hub.cuts.push(10);
    expect((await openCheckpoint((await resolveModel("tiny")).folder)).tensors.size).toBe(30);
    expect(hub.requests.some((request) => / bytes=10-$/.test(request))).toBe(true);
  });

  test("refuses as the hub does", async () => {
    hub.models.set("org/tiny", hosted("gpt2", { gated: true }));
    await expect(resolveModel("org/tiny")).rejects.toThrow(/private or gated; set HF_TOKEN/);
  });
});

describe("a broken download", () => {
  const weights = "model.safetensors";

  /** Only the weights break; the small files come first and are whole. */
  function breakWeights(...cuts: number[]): Buffer {
    const model = hosted("gpt2");
    hub.models.set("org/tiny", model);
    const small =
      ["config", "generation_config", "tokenizer_config", "vocab", "special_tokens_map"].length + 1;
    hub.cuts.push(...Array.from({ length: small }, () => Infinity), ...cuts);
    return model.files.get(weights)!;
  }
  const ranges = (): (string | undefined)[] =>
    hub.requests.filter((line) => line.startsWith("store GET")).map((line) => /bytes=\d+-/.exec(line)?.[0]);

  test("goes on within the same call", async () => {
    const content = breakWeights(1000, 500);
    const { folder } = await resolveModel("org/tiny");
    expect(ranges()).toEqual([undefined, "bytes=1000-", "bytes=1500-"]);
    expect(readFileSync(join(folder, weights)).equals(content)).toBe(true);
  });

  test("goes on in the next call, when the connection does not come back", async () => {
    const content = breakWeights(1000, 0, 0, 0, 0);
    await expect(resolveModel("org/tiny")).rejects.toThrow(
      /^model\.safetensors of org\/tiny stopped at 1000 of \d+ bytes \(.+\): what came is kept for another try$/,
    );
    expect(blobs()).toContain(`${sha256(content)}.vitrail.incomplete`);
    expect(() => readFileSync(cached("refs", "main"))).toThrow("ENOENT");
    hub.requests.length = 0;
    const seen: DownloadProgress[] = [];
    const { folder } = await resolveModel("org/tiny", { onProgress: (progress) => seen.push(progress) });
    expect(ranges()).toEqual(["bytes=1000-"]);
    expect(readFileSync(join(folder, weights)).equals(content)).toBe(true);
    expect(blobs().filter((name) => name.includes("incomplete"))).toEqual([]);
    expect(seen[0]!.received).toBeGreaterThanOrEqual(1000);
  });

  test("goes on after a process that died, and leaves alone what a living one writes", async () => {
    const content = breakWeights();
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const alive = process.ppid;
    mkdirSync(cached("blobs"), { recursive: true });
    const part = (owner: string) => cached("blobs", `${sha256(content)}.vitrail-${owner}.incomplete`);
    writeFileSync(part(`${hostname()}-${alive}-1`), content.subarray(0, 900));
    writeFileSync(part(`elsewhere-${dead}-1`), content.subarray(0, 800));
    writeFileSync(part(`${hostname()}-${dead}-1`), content.subarray(0, 700));
    writeFileSync(part(`${hostname()}-${dead}-2`), content.subarray(0, 600));
    await resolveModel("org/tiny");
    expect(ranges()).toEqual(["bytes=700-"]);
    expect(blobs().filter((name) => name.includes("incomplete"))).toEqual(
      [`elsewhere-${dead}-1`, `${hostname()}-${alive}-1`]
        .map((owner) => part(owner).split("/").at(-1))
        .sort(),
    );
  });

  test.each(["overlooked", "refused"] as const)("begins anew where ranges are %s", async (how) => {
    const content = breakWeights(1000);
    hub.ranges = how;
    const { folder } = await resolveModel("org/tiny");
    expect(readFileSync(join(folder, weights)).equals(content)).toBe(true);
  });

  test.each(["overlooked", "refused"] as const)(
    "ends where ranges are %s and the connection never lasts longer",
    async (how) => {
      breakWeights(1000, ...Array.from({ length: 40 }, (_, i) => (i % 2 ? 1000 : 500)));
      hub.ranges = how;
      await expect(resolveModel("org/tiny")).rejects.toThrow(/^model\.safetensors of org\/tiny stopped at /);
    },
  );

  test("discards contents that are not what the hub says", async () => {
    const content = breakWeights();
    const wrong = Buffer.from(content);
    wrong[wrong.length - 1]! ^= 1;
    mkdirSync(cached("blobs"), { recursive: true });
    writeFileSync(cached("blobs", `${sha256(content)}.vitrail.incomplete`), wrong);
    await expect(resolveModel("org/tiny")).rejects.toThrow(
      `${weights} of org/tiny came with digest ${sha256(wrong)}, and the hub says ${sha256(content)}: it was discarded`,
    );
    expect(blobs().filter((name) => name.includes("incomplete"))).toEqual([]);
    await resolveModel("org/tiny");
  });

  test("two at once give one whole file", async () => {
    const content = breakWeights(1000, 2000);
    const [a, b] = await Promise.all([resolveModel("org/tiny"), resolveModel("org/tiny")]);
    expect(a).toEqual(b);
    expect(readFileSync(join(a.folder, weights)).equals(content)).toBe(true);
    expect(blobs().filter((name) => name.includes("incomplete"))).toEqual([]);
  });

  test("many at once never take a file from under one that is done", async () => {
    breakWeights(1000, 2000, 3000);
    const opened = await Promise.all(
      Array.from({ length: 12 }, async () => openCheckpoint((await resolveModel("org/tiny")).folder)),
    );
    expect(new Set(opened.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    expect(readdirSync(cached("refs"))).toEqual(["main"]);
    expect(readdirSync(cached("snapshots", commit)).filter((name) => name.includes("vitrail"))).toEqual([]);
  });

  test("stops with the caller's reason, and keeps what came", async () => {
    const content = breakWeights(1000);
    const stop = new AbortController();
    const reason = new Error("the cell was interrupted");
    let before: number | undefined;
    const onProgress = ({ file, received }: DownloadProgress) => {
      if (file !== weights) return;
      before ??= received;
      if (received > before) stop.abort(reason);
    };
    await expect(resolveModel("org/tiny", { signal: stop.signal, onProgress })).rejects.toBe(reason);
    expect(statSync(cached("blobs", `${sha256(content)}.vitrail.incomplete`)).size).toBe(1000);
    await expect(resolveModel("org/tiny", { signal: stop.signal })).rejects.toBe(reason);
    await resolveModel("org/tiny");
    expect(ranges().at(-1)).toBe("bytes=1000-");
  });
});

describe("who may read it", () => {
  test("the token goes to the hub, and not to the store", async () => {
    hub.models.set("org/tiny", hosted("gpt2", { token: "hf_secret" }));
    vi.stubEnv("HF_TOKEN", "hf_secret");
    await resolveModel("org/tiny");
    const [store, api] = [true, false].map((inStore) =>
      hub.requests.filter((line) => line.startsWith("store") === inStore),
    );
    expect(store!.length).toBeGreaterThan(0);
    expect(store!.filter((line) => line.endsWith("token"))).toEqual([]);
    expect(api!.filter((line) => !line.endsWith("token"))).toEqual([]);
  });
  test.each([
    ["HF_TOKEN", "hf_secret\n"],
    ["HUGGING_FACE_HUB_TOKEN", "hf_secret"],
  ])("the token in %s is %j", async (variable, value) => {
    hub.models.set("org/tiny", hosted("gpt2", { token: "hf_secret" }));
    vi.stubEnv(variable, value);
    await resolveModel("org/tiny");
  });
  test("the token that was stored at login", async () => {
    hub.models.set("org/tiny", hosted("gpt2", { token: "hf_stored" }));
    writeFileSync(join(home, "token"), "hf_stored\n");
    await resolveModel("org/tiny");
  });
  test.each([
    ["no token", "", /^the hub does not show "org\/tiny" at revision "main" to strangers: .* set HF_TOKEN/],
    ["another token", "hf_other", /^the hub has no model "org\/tiny" at revision "main"$/],
  ])("%s", async (_, token, message) => {
    hub.models.set("org/tiny", hosted("gpt2", { token: "hf_secret" }));
    vi.stubEnv("HF_TOKEN", token);
    await expect(resolveModel("org/tiny")).rejects.toThrow(message);
    expect(readdirSync(home)).toEqual([]);
  });
  test("a gated model", async () => {
    hub.models.set("org/tiny", hosted("gpt2", { gated: true }));
    vi.stubEnv("HF_TOKEN", "hf_any");
    await expect(resolveModel("org/tiny")).rejects.toThrow(
      /^the hub does not give .*: accept its terms on its page$/,
    );
  });
});

describe("what the hub lacks", () => {
  test.each([
    ["org/none", "main", /^the hub does not show "org\/none" .* to strangers/],
    ["org/tiny", "v9", /^the hub has no model "org\/tiny" at revision "v9"$/],
  ])("%s at %s", async (model, revision, message) => {
    hub.models.set("org/tiny", hosted("gpt2"));
    await expect(resolveModel(model, { revision })).rejects.toThrow(message);
  });
  test.each([
    ["config.json", /^hub model "org\/tiny" at revision "main": it has no config\.json$/],
    ["pytorch_model.bin.index.json", /it has none of model\.safetensors, /],
    [
      "pytorch_model-00002-of-00003.bin",
      /names "pytorch_model-00002-of-00003\.bin", which it does not have: nearest is "pytorch_model-0000[13]-of-00003\.bin"$/,
    ],
  ])("%s", async (lost, message) => {
    const model = hosted("opt-bin-sharded");
    hub.models.set("org/tiny", {
      ...model,
      files: new Map([...model.files].filter(([name]) => name !== lost)),
    });
    await expect(resolveModel("org/tiny")).rejects.toThrow(message);
  });
});

describe("offline", () => {
  test("the cache is enough", async () => {
    hub.models.set("org/tiny", hosted("opt-bin-sharded"));
    const online = await resolveModel("org/tiny");
    hub.requests.length = 0;
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect(await resolveModel("org/tiny")).toEqual(online);
    expect(await resolveModel("org/tiny", { revision: commit })).toEqual(online);
    expect(hub.requests).toEqual([]);
  });
  test("what is not in the cache is an error", async () => {
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    await expect(resolveModel("org/tiny")).rejects.toThrow(
      `HF_HUB_OFFLINE is set, and "org/tiny" at revision "main" is not in ${cached()}`,
    );
  });
  test("a snapshot that is not complete is an error", async () => {
    hub.models.set("org/tiny", hosted("opt-bin-sharded"));
    const { folder } = await resolveModel("org/tiny");
    rmSync(
      cached("blobs", readlinkSync(join(folder, "pytorch_model-00002-of-00003.bin")).split("/").at(-1)!),
    );
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    await expect(resolveModel("org/tiny")).rejects.toThrow(
      /^HF_HUB_OFFLINE is set, and .* is not complete: .* names "pytorch_model-00002-of-00003\.bin", which it does not have/,
    );
  });
  test("a hub that cannot be reached says how to use the cache", async () => {
    hub.models.set("org/tiny", hosted("gpt2"));
    await expect(resolveModel("org/tiny")).resolves.toBeDefined();
    vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:9");
    await expect(resolveModel("org/tiny")).rejects.toThrow(
      /^cannot reach 127\.0\.0\.1:9: [^\n]+; HF_HUB_OFFLINE=1 opens what is in the cache$/,
    );
  });
});
