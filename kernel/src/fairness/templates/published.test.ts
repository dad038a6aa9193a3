import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { testWithData } from "../../tuning/datasets/shared.fixture.js";
import { sha256Of } from "../../tuning/datasets/source.js";
import { readTable } from "../../tuning/datasets/table.js";
import { toTsv } from "./expand.js";
import { namesFrom, publishedSuite } from "./published.js";

testWithData(
  "templates and terms expand to the published set byte for byte",
  ["czarnowska/sentiment_fairness_tests.tsv"],
  async ([path]) => {
    const columns = { label: 0, category: 1, group: 2, text: 3 };
    const { rows: stored, sha256 } = await readTable(path!, { format: "tsv", header: false, columns });
    const names = namesFrom(stored);
    expect(names).toHaveLength(200);
    const rows = await publishedSuite((file) => join(dirname(path!), file), names);
    expect(rows).toHaveLength(31_972);
    const made = toTsv(rows);
    // Said first where they part, which tells more than two hashes.
    const wanted = readFileSync(path!, "utf8").split("\n");
    const parted = made.split("\n").findIndex((line, i) => line !== wanted[i]);
    expect(parted === -1 ? "" : made.split("\n")[parted]).toBe(parted === -1 ? "" : wanted[parted]);
    expect(sha256Of(made)).toBe(sha256);
    expect(sha256).toBe("c5d235ba763a2d3d60b6d47984c42a655b489ba129767feee50eb1c50809d370");
  },
);
