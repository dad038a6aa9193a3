import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Session } from "../../session/session.js";
import { opt, ownRuntime, quiet } from "../../session/sessions.fixture.js";
import { wordTokenizer, wordTokenizerConfig } from "../training/wordTokenizer.js";
import { verbaliser } from "./verbaliser.js";

ownRuntime();

test("a word that stands twice is refused, with where", async () => {
  const session = await Session.open(opt, quiet);
  expect((await verbaliser(session, [[7, 9], 8])).sizes).toEqual([2, 1]);
  await expect(verbaliser(session, [[7, 9], 7])).rejects.toThrow("label word 7 stands for two classes");
  await expect(verbaliser(session, [8, [7, 9, 7]])).rejects.toThrow("label word 7 stands twice for class 1");
  await session.close();
});

test("a word that the tokenizer reads as unknown is refused: every such word would be the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "words-"));
  cpSync(opt, folder, { recursive: true });
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(wordTokenizer(["bad", "good"])));
  writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify(wordTokenizerConfig()));
  rmSync(join(folder, "special_tokens_map.json"));
  const session = await Session.open(folder, quiet);
  expect((await verbaliser(session, [" bad", " good"])).words).toEqual([[4], [5]]);
  await expect(verbaliser(session, [" bad", " great"])).rejects.toThrow(
    'label word " great": the tokenizer does not know it',
  );
  // Who means the unknown token says so by its id.
  expect((await verbaliser(session, [" bad", 3])).words).toEqual([[4], [3]]);
  await session.close();
  rmSync(folder, { recursive: true });
});
