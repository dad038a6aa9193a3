import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readLabelled } from "./labelled.js";
import { readSemeval } from "./semeval.js";
import { testWithData } from "./shared.fixture.js";
import { readSst } from "./sst.js";
import { readTable } from "./table.js";

const folder = mkdtempSync(join(tmpdir(), "readers-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

test("tabs separate and quotes are letters in tsv; csv reads quotes, commas and line ends inside them", async () => {
  const tsv = write("a.tsv", 'text\tlabel\n"Good," he said\t1\n');
  expect((await readTable(tsv, { columns: { said: "text", as: "label" } })).rows).toEqual([
    { said: '"Good," he said', as: "1" },
  ]);
  const csv = write("a.csv", 'label,text\r\n1,"a ""b"", c\nd"\r\n2,');
  expect((await readTable(csv, { columns: { text: "text" } })).rows).toEqual([
    { text: 'a "b", c\nd' },
    { text: "" },
  ]);
  const jsonl = write("a.jsonl", '{"text": "é", "label": 2}\n\n{"text": "b", "label": 0}\n');
  expect((await readTable(jsonl, { columns: { text: "text", label: "label" } })).rows).toEqual([
    { text: "é", label: "2" },
    { text: "b", label: "0" },
  ]);
  const bare = write("b.tsv", "2\tfine\n0\tbad");
  expect((await readTable(bare, { header: false, columns: { text: 1, label: 0 } })).rows[1]).toEqual({
    text: "bad",
    label: "0",
  });
});

test("what a file lacks is said with its row", async () => {
  const short = write("short.tsv", "text\tlabel\na\t1\nb\n");
  await expect(readTable(short, { columns: { text: "text" } })).rejects.toThrow(
    `${short} row 2 has 1 cells, the first line has 2`,
  );
  await expect(readTable(short, { columns: { text: "tweet" } })).rejects.toThrow(
    `${short} has no column "tweet" for text: it has "text", "label"`,
  );
  const broken = write("broken.jsonl", '{"text": "a"}\n{"text": \n');
  await expect(readTable(broken, { columns: { text: "text" } })).rejects.toThrow(
    `${broken} line 2 is not JSON`,
  );
  const odd = write("odd.csv", "text,label\na,happy\n");
  await expect(
    readLabelled(odd, { classes: ["sad", "glad"], columns: { text: "text", label: "label" } }),
  ).rejects.toThrow(`${odd} row 1 has label "happy", known are "0", "1", "sad", "glad"`);
  const bare = write("bare.csv", "text,label\n");
  await expect(
    readLabelled(bare, { classes: ["sad", "glad"], columns: { text: "text", label: "label" } }),
  ).rejects.toThrow(`${bare} holds no rows`);
  const native = write("native.csv", "text,label\na,constructor\n");
  await expect(
    readLabelled(native, { classes: ["sad", "glad"], columns: { text: "text", label: "label" } }),
  ).rejects.toThrow(`${native} row 1 has label "constructor", known are`);
  await expect(readTable(odd, { columns: { text: "text" }, sha256: "00" })).rejects.toThrow("expected 00");
});

test("a quote that is not closed is refused, and not read as one long text", async () => {
  const columns = { label: "label", text: "text" };
  const open = write("open.csv", 'label,text\n1,fine\n0,"It is bad\n1,good\n');
  await expect(readTable(open, { columns })).rejects.toThrow(
    `${open} has a quote that is not closed, before "It is bad 1,good`,
  );
  const closed = write("closed.csv", 'label,text\n1,"fine"\n0,"It is\n""bad"""');
  expect((await readTable(closed, { columns })).rows.at(-1)).toEqual({ label: "0", text: 'It is\n"bad"' });
});

test("a column that stands twice is refused, a mark of byte order and line ends of Windows are no text", async () => {
  const twice = write("twice.tsv", "text\tlabel\tlabel\na\t1\t0\n");
  await expect(readTable(twice, { columns: { text: "text", label: "label" } })).rejects.toThrow(
    `${twice} has several columns "label": give the number of one`,
  );
  for (const [name, tab] of [
    ["windows.tsv", "\t"],
    ["windows.csv", ","],
  ] as const) {
    const path = write(name, `\uFEFFtext${tab}label\r\nfine${tab}1\r\nbad${tab}0\r\n`);
    const { rows } = await readLabelled(path, {
      classes: ["sad", "glad"],
      columns: { text: "text", label: "label" },
    });
    expect(rows).toEqual([
      { text: "fine", label: 1 },
      { text: "bad", label: 0 },
    ]);
  }
  const lines = write("windows.jsonl", '\uFEFF{"text": "fine"}\r\n{"text": "bad"}\r\n');
  expect((await readTable(lines, { columns: { text: "text" } })).rows).toEqual([
    { text: "fine" },
    { text: "bad" },
  ]);
});

test("classes that are called by numbers are read by name, and a class that stands twice is refused", async () => {
  const stars = write("stars.csv", "text,label\na,1\nb,2\nc,5\n");
  const columns = { text: "text", label: "label" };
  const read = await readLabelled(stars, { classes: ["1", "2", "3", "4", "5"], columns });
  expect(read.rows.map(({ label }) => read.classes[label])).toEqual(["1", "2", "5"]);
  const zero = write("zero.csv", "text,label\na,0\n");
  await expect(readLabelled(zero, { classes: ["1", "2"], columns })).rejects.toThrow(
    `${zero} row 1 has label "0", known are "1", "2"`,
  );
  await expect(readLabelled(stars, { classes: ["bad", "good", "bad"], columns })).rejects.toThrow(
    `classes of ${stars}: "bad" stands twice`,
  );
});

test("valence becomes three classes by its sign, or wide", async () => {
  const degrees = [-3, -2, -1, 0, 1, 2, 3];
  const lines = degrees.map((degree) => `id\ttweet ${degree}\tvalence\t${degree}: some words: more`);
  const path = write(
    "valence.txt",
    ["ID\tTweet\tAffect Dimension\tIntensity Class", ...lines, ""].join("\n"),
  );
  const labels = async (map: "sign" | "wide") =>
    (await readSemeval(path, map)).rows.map(({ label }) => label);
  expect(await labels("sign")).toEqual([0, 0, 0, 1, 2, 2, 2]);
  expect(await labels("wide")).toEqual([0, 0, 1, 1, 1, 2, 2]);
});

test("a tree's label and leaves, grouped or with the middle degrees left out and counted", async () => {
  const path = write(
    "train.txt",
    "(3 (2 A) (3 (3 -LRB-fine-RRB-) (2 day)))\n(0 (1 Dull) (2 .))\n(4 (4 Superb) (2 1\\/2))\n",
  );
  expect((await readSst(path, "grouped")).rows).toEqual([
    { text: "A (fine) day", label: 2 },
    { text: "Dull .", label: 0 },
    { text: "Superb 1/2", label: 2 },
  ]);
  const { rows, dropped } = await readSst(path, "extreme");
  expect(rows.map(({ text }) => text)).toEqual(["Dull .", "Superb 1/2"]);
  expect(dropped).toBe(1);
  const broken = write("broken.txt", "(3 (2 A) (3 b)\n");
  await expect(readSst(broken, "five")).rejects.toThrow(`${broken} line 1 is no labelled tree`);
});

testWithData(
  "SemEval-2018 has the published class counts under both maps",
  ["semeval/2018-Valence-oc-En-train.txt", "semeval/2018-Valence-oc-En-dev.txt"],
  async ([train, dev]) => {
    const counts = async (path: string, map: "sign" | "wide") => {
      const { rows } = await readSemeval(path, map);
      return [0, 1, 2].map((label) => rows.filter((row) => row.label === label).length);
    };
    expect(await counts(train!, "sign")).toEqual([456, 341, 384]);
    expect(await counts(train!, "wide")).toEqual([378, 586, 217]);
    expect(await counts(dev!, "sign")).toEqual([198, 105, 146]);
    expect(await counts(dev!, "wide")).toEqual([164, 197, 88]);
  },
);

test("a map that there is not, and an option that is misspelt, are refused with the nearest", async () => {
  const tsv = write("named.tsv", "text\tlabel\na\tgood\n");
  await expect(readSst(tsv, "group" as never)).rejects.toThrow(
    'map "group" of SST: choose grouped, extreme, five',
  );
  await expect(readSemeval(tsv, "signs" as never)).rejects.toThrow(
    'map "signs" of SemEval: choose sign or wide',
  );
  const columns = { text: "text", label: "label" };
  await expect(
    readLabelled(tsv, { columns, classes: ["good"], lables: { good: 0 } } as never),
  ).rejects.toThrow('readLabelled has no option "lables": nearest is labels');
  await expect(readLabelled(tsv, { classes: ["good"] } as never)).rejects.toThrow(
    'without columns: give { text: "sentence", label: "label" }',
  );
});
