import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { openCheckpoint } from "../checkpoint/open.js";
import { startHub } from "./hubServer.fixture.js";
import { resolveModel } from "./resolve.js";

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

const commit = "0123456789abcdef0123456789abcdef01234567";
const config = Buffer.from('{"model_type":"opt"}');
const header = Buffer.from('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
const length = Buffer.alloc(8);
length.writeUInt32LE(header.length);
const weights = Buffer.concat([length, header, Buffer.alloc(4)]);

/** Download a model where the file system answers `code` when it is asked for a symbolic link; then look at it offline. */
async function downloaded(code: string): Promise<string> {
  vi.spyOn(files, "symlink").mockRejectedValue(Object.assign(new Error(`${code}: no link`), { code }));
  syncBuiltinESMExports();
  const hub = await startHub();
  const home = mkdtempSync(join(tmpdir(), "vitrail-linkless-"));
  vi.stubEnv("HF_HOME", home);
  vi.stubEnv("HF_HUB_CACHE", undefined);
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  const held = new Map([
    ["config.json", config],
    ["model.safetensors", weights],
  ]);
  hub.models.set("org/tiny", { commit, branch: "main", files: held, large: new Set(["model.safetensors"]) });
  try {
    const { folder } = await resolveModel("org/tiny");
    const asked = hub.requests.length;
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect((await resolveModel("org/tiny")).folder).toBe(folder);
    expect(hub.requests.length).toBe(asked);
    expect(lstatSync(join(folder, "model.safetensors")).isFile()).toBe(true);
    expect([...(await openCheckpoint(folder)).tensors.keys()]).toEqual(["w"]);
    return readdirSync(folder).sort().join();
  } finally {
    vi.unstubAllEnvs();
    await hub.close();
    rmSync(home, { recursive: true });
  }
}

test.each(["EPERM", "ENOTSUP", "ENOSYS"])(
  "a cache without symbolic links (%s) holds the files themselves",
  async (code) => {
    expect(await downloaded(code)).toBe("config.json,model.safetensors");
  },
);

test("a full disk is no such cache", () => expect(downloaded("ENOSPC")).rejects.toThrow("ENOSPC"));
