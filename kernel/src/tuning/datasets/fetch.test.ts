import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { catalogue, type AddressSource, type DataSet, type RepositorySource } from "./catalogue.js";
import { fetchData, hasData } from "./fetch.js";
import { findData } from "./place.js";
import { testWithData } from "./shared.fixture.js";
import { sha256Of } from "./source.js";

const [first, second] = [Buffer.from("text\tlabel\n"), Buffer.alloc(200_000, "abc\n")];
const set: DataSet = {
  name: "invented",
  about: "two files of no meaning",
  sources: [
    {
      repository: "org/data",
      commit: "0123abc",
      licence: "CC0",
      terms: "none",
      files: [
        { path: "invented/a.tsv", origin: "raw/a.tsv", bytes: first.length, sha256: sha256Of(first) },
        {
          path: "invented/deep/b.txt",
          origin: "raw/b.txt",
          bytes: second.length,
          sha256: sha256Of(second),
          commit: "4567def",
        },
      ],
    },
  ],
};
const at = (name: string) => `/org/data/${name === "b.txt" ? "4567def" : "0123abc"}/raw/${name}`;

let home: string;
let server: Server;
/** What is answered at each path; asked paths are noted in `asked`. */
let answers: Map<string, Buffer | ((response: ServerResponse) => void)>;
let asked: string[];
let said: string[];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "vt-data-"));
  [asked, said] = [[], []];
  answers = new Map([
    [at("a.tsv"), first],
    [at("b.txt"), second],
  ]);
  server = createServer(({ url }, response) => {
    asked.push(url!);
    const answer = answers.get(url!);
    if (answer === undefined) response.writeHead(404).end("404: Not Found");
    else if (typeof answer === "function") answer(response);
    else response.writeHead(200, { "content-length": answer.length }).end(answer);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  vi.stubEnv("VITRAIL_DATA_ORIGIN", `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  vi.stubEnv("XDG_CACHE_HOME", home);
  vi.stubEnv("VITRAIL_DATA", "");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(home, { recursive: true, force: true });
});

const cached = (path: string) => join(home, "vitrail", "data", path);
const fetchIt = (signal?: AbortSignal) =>
  fetchData(set, { say: (line) => said.push(line), ...(signal && { signal }) });
/** All files under the cache, also what is begun. */
const left = () =>
  existsSync(cached("."))
    ? readdirSync(cached("."), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort()
    : [];

test("files come to where they are looked for, their licence is said before anything is asked for", async () => {
  const before: number[] = [];
  const paths = await fetchData(set, {
    say: (line) => {
      if (line.includes("licence CC0: none")) before.push(asked.length);
      said.push(line);
    },
  });
  expect(before).toEqual([0]);
  expect(said[1]).toBe("  from https://github.com/org/data/tree/0123abc: raw/a.tsv, raw/b.txt");
  expect(paths).toEqual([cached("invented/a.tsv"), cached("invented/deep/b.txt")]);
  expect(findData("invented/deep/b.txt")).toBe(paths[1]);
  expect(readFileSync(paths[1]!).equals(second)).toBe(true);
  expect(left()).toEqual(["a.tsv", "b.txt"]);
});

test("what is there with the right hash is not asked for again, what is there with another is replaced", async () => {
  await fetchIt();
  [asked, said] = [[], []];
  await fetchIt();
  expect(asked).toEqual([]);
  expect(said.filter((line) => line.startsWith("  already there: "))).toHaveLength(2);
  writeFileSync(cached("invented/a.tsv"), "other");
  await fetchIt();
  expect(asked).toEqual([at("a.tsv")]);
  expect(readFileSync(cached("invented/a.tsv")).equals(first)).toBe(true);
});

test("a file of VITRAIL_DATA serves as well, and one with other contents there would hide what is fetched", async () => {
  const given = join(home, "given");
  vi.stubEnv("VITRAIL_DATA", given);
  const file = join(given, "invented/a.tsv");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, first);
  expect(await fetchIt()).toEqual([file, cached("invented/deep/b.txt")]);
  expect(asked).toEqual([at("b.txt")]);
  writeFileSync(file, "other");
  await expect(fetchIt()).rejects.toThrow(
    `${file} has sha256 ${sha256Of("other")}, the catalogue says ${sha256Of(first)}: move it away`,
  );
});

const wrong = Buffer.from(second);
wrong[7]! ^= 1;
test.each<[string, Buffer | ((response: ServerResponse) => void) | undefined, string | RegExp]>([
  [
    "other bytes",
    wrong,
    `invented/deep/b.txt came with digest ${sha256Of(wrong)}, and the catalogue says ${sha256Of(second)}: it was discarded`,
  ],
  [
    "no such file",
    undefined,
    /^http:\/\/127\.0\.0\.1:\d+\/org\/data\/4567def\/raw\/b\.txt answers 404 when asked for invented\/deep\/b\.txt$/,
  ],
  ["more bytes", Buffer.concat([second, second]), /is longer than the 200000 bytes that the catalogue says$/],
  [
    "a body that is cut",
    (response) => {
      response.writeHead(200, { "content-length": second.length });
      response.write(second.subarray(0, 5000), () => response.destroy());
    },
    /^invented\/deep\/b\.txt stopped at \d+ of 200000 bytes \(.+\): nothing of it is kept$/,
  ],
])("%s: one line, and nothing is left", async (_, answer, message) => {
  if (answer === undefined) answers.delete(at("b.txt"));
  else answers.set(at("b.txt"), answer);
  const error = await fetchIt().then(
    () => new Error("it was taken"),
    (reason: Error) => reason,
  );
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain("\n");
  expect(left()).toEqual(["a.tsv"]);
  expect(() => findData("invented/deep/b.txt")).toThrow("it is in none of");
});

test("a redirect is followed", async () => {
  answers.set("/elsewhere", second);
  answers.set(at("b.txt"), (response) => void response.writeHead(302, { location: "/elsewhere" }).end());
  await fetchIt();
  expect(asked).toContain("/elsewhere");
  expect(readFileSync(cached("invented/deep/b.txt")).equals(second)).toBe(true);
});

test("an interrupt ends it with its reason, and nothing half is left", async () => {
  const stop = new AbortController();
  const reason = new Error("the cell was interrupted");
  answers.set(at("b.txt"), (response) => {
    response.writeHead(200, { "content-length": second.length });
    response.write(second.subarray(0, 5000), () => setTimeout(() => stop.abort(reason), 20));
  });
  await expect(fetchIt(stop.signal)).rejects.toBe(reason);
  expect(left()).toEqual(["a.tsv"]);
});

test("a set that is not known is said with the nearest, and a file of a known one with its command", async () => {
  await expect(fetchData("crow-pairs")).rejects.toThrow(
    'no data set "crow-pairs": nearest is crows-pairs, there are bbq, crows-pairs, ',
  );
  expect(() => findData("bbq/Age.jsonl", [home])).toThrow(`${home}; vitrail data fetch bbq brings it`);
});

test("a file whose length nobody has said is as long as the server says", async () => {
  const [{ files, ...source }] = set.sources as [RepositorySource];
  const unsaid = { ...set, sources: [{ ...source, files: files.map(({ bytes: _, ...file }) => file) }] };
  const paths = await fetchData(unsaid, { say: () => undefined });
  expect(asked).toEqual([at("a.tsv"), at("a.tsv"), at("b.txt"), at("b.txt")]);
  expect(readFileSync(paths[1]!).equals(second)).toBe(true);
  rmSync(paths[1]!);
  answers.set(at("b.txt"), (response) => {
    response.writeHead(200, { "transfer-encoding": "chunked" }).end(second);
  });
  await expect(fetchData(unsaid, { say: () => undefined })).rejects.toThrow(
    /b\.txt does not say how long it is$/,
  );
});

/** Made by Python's zipfile: `trees/train.txt`, compressed, and `README`, as it is. */
const archive = Buffer.from(
  "UEsDBBQAAAAAAAAAIULXqffGFAAAABQAAAAGAAAAUkVBRE1FYW4gaW52ZW50ZWQgYXJjaGl2ZQpQSwMEFAAAAAgAAAAhQgtLXhQdAAAAhAMAAA8AAAB0cmVlcy90cmFpbi50eHTTMFbQMFJw1FTQMFZISazU1OTSGBUZFRkVoaMIAFBLAQIUAxQAAAAAAAAAIULXqffGFAAAABQAAAAGAAAAAAAAAAAAAACAAQAAAABSRUFETUVQSwECFAMUAAAACAAAACFCC0teFB0AAACEAwAADwAAAAAAAAAAAAAAgAE4AAAAdHJlZXMvdHJhaW4udHh0UEsFBgAAAAACAAIAcQAAAIIAAAAAAA==",
  "base64",
);
const elsewhere: DataSet = {
  name: "trees",
  about: "an archive",
  sources: [
    {
      address: "https://example.org/sentiment",
      licence: "none is stated",
      terms: "none",
      files: [
        {
          path: "trees/all.zip",
          origin: "all.zip",
          bytes: archive.length,
          sha256: sha256Of(archive),
          holds: { "trees/train.txt": "trees/train.txt" },
        },
      ],
    },
  ],
};

test("an archive of another server is laid out where its files are looked for, again when one is gone", async () => {
  answers.set("/example.org/sentiment/all.zip", archive);
  const [zip, train] = await fetchData(elsewhere, { say: (line) => said.push(line) });
  expect([zip, train]).toEqual([cached("trees/all.zip"), cached("trees/train.txt")]);
  expect(said).toContain("  from https://example.org/sentiment: all.zip");
  expect(readFileSync(train!, "utf8")).toBe("(3 (2 A) (3 day))\n".repeat(50));
  expect(left()).toEqual(["all.zip", "train.txt"]);
  expect(await hasData(elsewhere)).toBe(true);
  rmSync(train!);
  expect(await hasData(elsewhere)).toBe(false);
  await fetchData(elsewhere, { say: () => undefined });
  expect(asked).toEqual(["/example.org/sentiment/all.zip"]);
  expect(await hasData(elsewhere)).toBe(true);
});

test("an archive that does not hold what it should is an error, and nothing of it is laid out", async () => {
  answers.set("/example.org/sentiment/all.zip", archive);
  const [{ files, ...source }] = elsewhere.sources as [AddressSource];
  const holds = { "trees/train.txt": "trees/train.txt", "trees/dev.txt": "trees/dev.txt" };
  const wanting = { ...elsewhere, sources: [{ ...source, files: [{ ...files[0]!, holds }] }] };
  await expect(fetchData(wanting, { say: () => undefined })).rejects.toThrow(
    `${cached("trees/all.zip")} holds no trees/dev.txt`,
  );
  expect(left()).toEqual(["all.zip"]);
});

const all = catalogue.flatMap(({ sources }) => sources.flatMap(({ files }) => files));
// These have never been on a machine where this was written; their hashes are what others say of them.
const unseen = /^(stereoset|winogender|sst|semeval)\/|^bbq\/(?!Age|Religion|Sexual_orientation)/;
const held = all.filter(({ path }) => !unseen.test(path));
testWithData(
  "the catalogue pins the files as they are in the repositories",
  held.map(({ path }) => path),
  (paths) => {
    expect(held).toHaveLength(22);
    const found = paths.map((path) => readFileSync(path));
    expect(found.map((bytes) => [bytes.length, sha256Of(bytes)])).toEqual(
      held.map(({ bytes, sha256 }) => [bytes, sha256]),
    );
  },
);
