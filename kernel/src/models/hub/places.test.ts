import { homedir } from "node:os";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { hubCache, tokenFile } from "./places.js";

const variables = ["HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN_PATH", "XDG_CACHE_HOME"];
beforeEach(() => {
  for (const name of variables) vi.stubEnv(name, undefined);
  vi.stubEnv("SCRATCH", "/scratch/me");
});
afterEach(() => vi.unstubAllEnvs());

// As `HF_HUB_CACHE` and `HF_TOKEN_PATH` of huggingface_hub 2.4's constants are under the same environment.
test.each([
  [{}, "~/.cache/huggingface/hub", "~/.cache/huggingface/token"],
  [{ XDG_CACHE_HOME: "/c" }, "/c/huggingface/hub", "/c/huggingface/token"],
  [{ HF_HOME: "~/models" }, "~/models/hub", "~/models/token"],
  [{ HF_HOME: "$SCRATCH/hf" }, "/scratch/me/hf/hub", "/scratch/me/hf/token"],
  [{ HF_HOME: "/h", HF_HUB_CACHE: "${SCRATCH}/hub" }, "/scratch/me/hub", "/h/token"],
  [{ HUGGINGFACE_HUB_CACHE: "~/old" }, "~/old", "~/.cache/huggingface/token"],
  [{ HF_HUB_CACHE: "/new", HUGGINGFACE_HUB_CACHE: "/old" }, "/new", "~/.cache/huggingface/token"],
  [{ HF_HOME: "/a/~b$NOT_SET" }, "/a/~b$NOT_SET/hub", "/a/~b$NOT_SET/token"],
  [{ HF_HOME: "/h", HF_TOKEN_PATH: "~/secret" }, "/h/hub", "~/secret"],
])("%j is where Python looks too", (environment, cache, token) => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const home = (path: string) => path.replace(/^~/, homedir());
  expect([hubCache(), tokenFile()]).toEqual([home(cache), home(token)]);
});
