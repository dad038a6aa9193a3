import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { resolveModel } from "./resolve.js";

afterEach(() => vi.unstubAllEnvs());

test.each([
  [
    429,
    "the hub answers 429, being asked too often from here, when asked for",
    ": try again later; HF_HUB_OFFLINE=1",
  ],
  [503, "the hub answers 503, out of order, when asked for", ": try again later; HF_HUB_OFFLINE=1"],
  [418, "the hub answers 418 when asked for", '"main"'],
])("a room of people is told what to do when the hub answers %i", async (status, begin, end) => {
  const home = mkdtempSync(join(tmpdir(), "hub-"));
  const server = createServer((_, response) => void response.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("HF_ENDPOINT", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv("HF_HOME", home);
  vi.stubEnv("HF_HUB_CACHE", undefined);
  vi.stubEnv("HF_HUB_OFFLINE", undefined);
  vi.stubEnv("TRANSFORMERS_OFFLINE", undefined);
  try {
    const refused = resolveModel("org/tiny");
    await expect(refused).rejects.toThrow(`${begin} "org/tiny" at revision "main"`);
    await expect(refused).rejects.toThrow(end);
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(home, { recursive: true });
  }
});
