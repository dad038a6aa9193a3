import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { readLabelled } from "./labelled.js";
import { sha256Of } from "./source.js";
import { readTable } from "./table.js";

const folder = mkdtempSync(join(tmpdir(), "parquet-"));
afterAll(() => rmSync(folder, { recursive: true }));

const goldens = fileURLToPath(new URL("../../../../test/goldens/parquet/", import.meta.url));
const stored = (name: string) => join(goldens, `${name}.parquet`);
/** The cells of every column as pyarrow reads them. */
const expected = JSON.parse(readFileSync(join(goldens, "rows.json"), "utf8")) as Record<string, string[]>;
const names = Object.keys(expected);

test.each(["snappy", "zstd", "gzip", "dictionary", "uncompressed"])(
  "a file of pyarrow's with %s pages reads as pyarrow reads it, cell by cell",
  async (name) => {
    const { rows, sha256 } = await readTable(stored(name), {
      columns: Object.fromEntries(names.map((column) => [column, column])),
    });
    expect(names).toHaveLength(7);
    expect(rows).toHaveLength(60);
    for (const column of names) expect(rows.map((row) => row[column])).toEqual(expected[column]);
    expect(sha256).toBe(sha256Of(readFileSync(stored(name))));
  },
);

test("the library is imported without WebAssembly, of which each module takes ten gigabytes of address space", () => {
  const library = new URL("../../../dist/index.js", import.meta.url).href;
  const program = `delete globalThis.WebAssembly; console.log(typeof (await import(${JSON.stringify(library)})).Session);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout).toBe("function\n");
});

test("whole numbers beyond what a double holds keep their digits", () => {
  expect(expected["id"]![1]).toBe("9007199254740994");
  expect(expected["id"]![0]).toBe("9007199254740993");
  expect(expected["unsigned"]![0]).toBe("18446744073709551615");
});

test("labels are mapped as in other formats, and one column may serve two fields", async () => {
  const { rows, dropped } = await readLabelled(stored("dictionary"), {
    columns: { text: "text", label: "label" },
    classes: ["low", "high"],
    labels: { "-1": 0, "0": null, "1": 1 },
  });
  expect([rows.length, dropped]).toEqual([40, 20]);
  expect(rows.slice(0, 2)).toEqual([
    { text: expected["text"]![0], label: 0 },
    { text: expected["text"]![2], label: 1 },
  ]);
  const twice = await readTable(stored("zstd"), { columns: { a: "label", b: "label" } });
  expect(twice.rows[0]).toEqual({ a: "-1", b: "-1" });
});

const only = "only texts, whole numbers, floats and booleans are read";
test.each([
  ["tweet", /has no column "tweet" for x: it has "text", "gap", "count", /],
  [0, /has no column 0 for x: it has "text", /],
  ["gap", 'odd.parquet row 2 column "gap" for x is null'],
  ["count", 'odd.parquet row 1 column "count" for x is null'],
  ["latin", 'odd.parquet row 2 column "latin" for x is not UTF-8'],
  ["bytes", `odd.parquet column "bytes" for x holds BYTE_ARRAY: ${only}`],
  ["list", 'odd.parquet column "list" for x holds nested values (LIST): '],
  ["struct", 'odd.parquet column "struct" for x holds nested values (a group): '],
  ["time", 'odd.parquet column "time" for x holds TIMESTAMP: '],
  ["decimal", 'odd.parquet column "decimal" for x holds DECIMAL: '],
])("column %s is refused in one line", async (column, message) => {
  const columns = { x: column };
  await expect(readTable(stored("odd"), { columns })).rejects.toThrow(message);
  expect((await readTable(stored("odd"), { columns: { x: "text" } })).rows).toEqual([{ x: "a" }, { x: "b" }]);
});

test("another file, a cut one and one that is no Parquet are refused", async () => {
  const columns = { text: "text" };
  await expect(readTable(stored("gzip"), { columns, sha256: "00" })).rejects.toThrow(
    /has sha256 .*, expected 00$/,
  );
  const write = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const cut = write("cut.parquet", readFileSync(stored("gzip")).subarray(0, 900));
  await expect(readTable(cut, { columns })).rejects.toThrow(`${cut} cannot be read as Parquet: `);
  const text = write("text.parquet", Buffer.from("text\tlabel\na\t1\n"));
  await expect(readTable(text, { columns })).rejects.toThrow(`${text} cannot be read as Parquet: `);
});
