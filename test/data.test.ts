import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const cli = fileURLToPath(new URL("../kernel/dist/cli.js", import.meta.url));
const at = mkdtempSync(join(tmpdir(), "vt-fetch-"));
const folder = join(at, "vitrail", "data", "crows-pairs");
const file = join(folder, "crows_pairs_anonymized.csv");
// A wrong file in the cache is asked for again, also where the data lie beside the project.
beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, "other");
});
afterAll(() => rmSync(at, { recursive: true, force: true }));

async function run(
  words: readonly string[],
  origin: string,
  begun: (interrupt: () => void) => void = () => {},
) {
  const env = { ...process.env, VITRAIL_DATA_ORIGIN: origin, XDG_CACHE_HOME: at, VITRAIL_DATA: "" };
  const child = spawn(process.execPath, [cli, "data", ...words], { env });
  begun(() => child.kill("SIGINT"));
  const said = { out: "", err: "" };
  child.stdout.on("data", (text: Buffer) => (said.out += text.toString()));
  child.stderr.on("data", (text: Buffer) => (said.err += text.toString()));
  const status = await new Promise((done) => child.once("close", done));
  return { status, ...said };
}

/** What `vitrail data fetch crows-pairs` does when it is answered so. */
async function fetchFrom(answer: (response: ServerResponse, interrupt: () => void) => void) {
  let interrupt = () => {};
  const server = createServer((_, response) => answer(response, () => interrupt()));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  try {
    const { port } = server.address() as AddressInfo;
    return await run(["fetch", "crows-pairs"], `http://127.0.0.1:${port}`, (stop) => (interrupt = stop));
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

test("the list tells of each data set its licence and how to have it", async () => {
  const { status, out } = await run([], "http://127.0.0.1:9");
  expect(status).toBe(0);
  for (const name of ["bbq", "crows-pairs", "stereoset", "winogender", "sst", "czarnowska", "semeval"])
    expect(out).toMatch(new RegExp(`^${name} +(1 file|\\d+ files), `, "m"));
  expect(out).toContain("vitrail data fetch crows-pairs");
  expect(out.match(/^ {2}licence /gm)).toHaveLength(10);
});

test("a file that is not there ends the command with one line, after the licence was shown", async () => {
  const { status, out, err } = await fetchFrom((response) => void response.writeHead(404).end());
  expect(status).toBe(1);
  expect(out).toContain("licence CC BY-SA 4.0");
  expect(err.trimEnd().split("\n").at(-1)).toMatch(
    /\/nyu-mll\/crows-pairs\/8aaac11c485473159ec9328a65253a5be9a479dc\/data\/crows_pairs_anonymized\.csv answers 404/,
  );
});

test("Ctrl-C ends a download that hangs, and leaves nothing half", async () => {
  const { status, err } = await fetchFrom((response, interrupt) => {
    response.writeHead(200, { "content-length": 437_764 });
    response.write(Buffer.alloc(5000), () => setTimeout(interrupt, 100));
  });
  expect(status).toBe(1);
  expect(err).toContain("interrupted: crows-pairs is not complete");
  expect(readdirSync(folder)).toEqual(["crows_pairs_anonymized.csv"]);
  expect(readFileSync(file, "utf8")).toBe("other");
});
