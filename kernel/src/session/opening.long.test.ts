import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { goldens } from "../models/checkpoint/goldens.fixture.js";
import { startHub, type HubServer } from "../models/hub/hubServer.fixture.js";
import { closeSession } from "./live.js";
import { Session } from "./session.js";

const at = mkdtempSync(join(tmpdir(), "vo-"));
const quiet = { quiet: true, threads: 1 };
const rows = [[2, 5, 9, 11, 4]];
let hub: HubServer;
beforeAll(async () => {
  hub = await startHub();
  vi.stubEnv("VITRAIL_RUNTIME_DIR", join(at, "run"));
  vi.stubEnv("HF_HOME", join(at, "home"));
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"]) vi.stubEnv(name, undefined);
  for (const name of ["HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]) vi.stubEnv(name, "");
});
afterEach(async () => {
  for (const { name } of await Session.list()) await closeSession(name);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(at, { recursive: true });
});

/** A golden checkpoint as the hub's newest version of a model. */
function publish(name: string, commit: string): void {
  const folder = join(goldens, "checkpoints", name);
  const files = new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]));
  const large = new Set([...files.keys()].filter((file) => file.endsWith(".safetensors")));
  hub.models.set("org/tiny", { commit, branch: "main", files, large });
}

test("a download, quantising and the loading of weights show a bar each, unless they are to be quiet", async () => {
  publish("gpt2", "0".repeat(40));
  const said: string[] = [];
  const spies = [
    vi.spyOn(process.stderr, "write").mockImplementation((text) => (said.push(String(text)), true)),
    vi.spyOn(console, "log").mockImplementation(() => {}),
  ];
  try {
    const session = await Session.open("org/tiny", { threads: 1, name: "shown" });
    const bars = said.join("").split("\n");
    expect(bars).toContainEqual(expect.stringMatching(/^downloading org\/tiny █{24} 100 %/));
    expect(bars).toContainEqual(expect.stringMatching(/^loading shown █{24} 100 % {2}ready$/));
    said.length = 0;
    const int8 = await Session.open("org/tiny", { threads: 1, name: "small", quantise: "int8" });
    const lines = said.join("").split("\n");
    expect(lines.find((line) => line.startsWith("quantising small"))).toMatch(/█{24} 100 %/);
    expect(lines).toContainEqual(expect.stringMatching(/^loading small █{24} 100 % {2}ready$/));
    await int8.close();
    said.length = 0;
    const again = await Session.open("org/tiny", { ...quiet, name: "other" });
    expect(said).toEqual([]);
    await again.close();
    await session.close();
  } finally {
    spies.forEach((spy) => spy.mockRestore());
  }
});

test("a model of the hub runs from the cache's links, and is found again whatever is published since, and without the hub", async () => {
  publish("opt", "1".repeat(40));
  const session = await Session.open("org/tiny", quiet);
  const first = await session.forward(rows);
  const local = await Session.open(join(goldens, "checkpoints", "opt"), { ...quiet, name: "local" });
  expect(first.logits!.data).toEqual((await local.forward(rows)).logits!.data);
  session.detach();

  publish("opt-350m", "2".repeat(40));
  const asked = hub.requests.length;
  const again = await Session.open("org/tiny", quiet);
  expect((await again.forward(rows)).logits!.data).toEqual(first.logits!.data);
  expect(hub.requests).toHaveLength(asked);
  again.detach();
  await hub.close();
  (await Session.open("org/tiny", quiet)).detach();

  // Another revision is another question, which only the hub can answer.
  await expect(Session.open("org/tiny", { ...quiet, revision: "v2" })).rejects.toThrow(/org\/tiny|reach/);
  expect((await Session.list()).map(({ clients }) => clients)).toEqual([1, 0]);
  await local.close();
});
