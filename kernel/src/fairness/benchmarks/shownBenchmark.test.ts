import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bundleOf } from "../../display/index.js";
import { readBbq } from "./bbq.js";
import { readCrows } from "./crows.js";

const folder = mkdtempSync(join(tmpdir(), "benchmark-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a benchmark that was read shows how many items of each kind it has, and a file of none is refused", async () => {
  const path = join(folder, "pairs.csv");
  const head = "sent_more,sent_less,stereo_antistereo,bias_type\n";
  writeFileSync(path, `${head}a,b,stereo,age\nc,d,stereo,age\ne,f,antistereo,gender\n`);
  const text = String(bundleOf(await readCrows(path)).data["text/plain"]);
  expect(text).toMatch(/pairs\.csv: 3 items; sha256 [0-9a-f]{12}\n/);
  expect(text).toMatch(/\nage, stereo +2\ngender, antistereo +1$/);

  const empty = join(folder, "empty.jsonl");
  writeFileSync(empty, "");
  await expect(readBbq(empty)).rejects.toThrow(`${empty} holds no items`);
});
