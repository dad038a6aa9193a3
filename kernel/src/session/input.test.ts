import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openTokenizer } from "../models/tokenizer/index.js";
import { readInput } from "./input.js";
import { opt } from "./sessions.fixture.js";
import type { Input } from "./types.js";

const scratch = mkdtempSync(join(tmpdir(), "vitrail-input-"));
afterAll(() => rmSync(scratch, { recursive: true }));

test("ids of transformers.js, which are bigints, are told to be that, with what makes numbers of them", async () => {
  const read = (input: unknown) =>
    readInput(input as Input, { vocabulary: 281, maxPositions: 48 }, () => openTokenizer(opt));
  const message = "is a bigint: give token ids as numbers, ids.map(Number)";
  await expect(read([1n, 2n])).rejects.toThrow(`token id 1n ${message}`);
  await expect(read([[1, 2], [2n]])).rejects.toThrow(`token id 2n (row 1) ${message}`);
  await expect(read([["1"]])).rejects.toThrow("token id is string: give token ids as numbers");
  expect((await read([1n, 2n].map(Number))).ids).toEqual([[1, 2]]);
});

describe("a tokenizer with tokens that the embedding has no row for, as Alpaca's [PAD]", () => {
  // The golden's embedding has 281 rows and its tokenizer 280 tokens.
  const folder = join(scratch, "opt");
  cpSync(opt, folder, { recursive: true });
  const file = join(folder, "tokenizer.json");
  const definition = JSON.parse(readFileSync(file, "utf8")) as { added_tokens: object[] };
  const shape = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  definition.added_tokens.push(
    { id: 280, content: "[IN]", ...shape },
    { id: 281, content: "[PAD]", ...shape },
  );
  writeFileSync(file, JSON.stringify(definition));
  const read = (input: string | string[]) =>
    readInput(input, { vocabulary: 281, maxPositions: 48 }, () => openTokenizer(folder));

  test("refuses such a token by its id and text", async () => {
    await expect(read("he said[PAD]")).rejects.toThrow(
      /^token id 281 \("\[PAD\]"\) is outside the vocabulary: ids are 0 to 280$/,
    );
    await expect(read(["he said", "[PAD]"])).rejects.toThrow(
      'token id 281 ("[PAD]") (row 1) is outside the vocabulary',
    );
  });

  test("reads those that it has a row for", async () => {
    const { ids } = await read("he said[IN]");
    expect(ids[0]!.at(-1)).toBe(280);
  });
});
