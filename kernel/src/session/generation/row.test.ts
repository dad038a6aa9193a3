import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openTokenizer } from "../../models/tokenizer/index.js";
import { GrowingRow, readIds } from "./row.js";

const folder = fileURLToPath(new URL("../../../../test/goldens/checkpoints/gpt2/", import.meta.url));
const none = { ids: new Set<number>(), texts: [] };

test("a character of several tokens is told when it is whole, or when nothing more comes", async () => {
  const tokenizer = await openTokenizer(folder);
  const { ids } = await tokenizer.encode("a😀b");
  expect(ids.length).toBeGreaterThan(4);
  const row = new GrowingRow([], ids.length, none, tokenizer);
  const told = ids.map((id) => row.add(id).text);
  expect(told.join("")).toBe("a😀b");
  expect(told.every((text) => !text.includes("\uFFFD"))).toBe(true);
  expect(row.finish()).toMatchObject({ ids, text: "a😀b", ended: "length" });
  const cut = new GrowingRow([], 3, none, tokenizer);
  const broken = ids.slice(0, 3).map((id) => cut.add(id).text);
  expect(broken.join("")).toBe(cut.finish().text);
});

test("a row ends at a token or a text, also one that several tokens make", async () => {
  const tokenizer = await openTokenizer(folder);
  const { ids } = await tokenizer.encode("one two three");
  const row = new GrowingRow([], 99, { ids: new Set(), texts: ["two"] }, tokenizer);
  for (const id of ids) if (!row.ended) row.add(id);
  expect(row.finish()).toMatchObject({ text: "one two", ended: "stop" });
  expect(row.next).toEqual([]);
  const byId = new GrowingRow([], 99, { ids: new Set([ids[1]!]), texts: [] }, tokenizer);
  byId.add(ids[0]!);
  expect(byId.next.map(({ id }) => id)).toEqual([ids[0]]);
  byId.add(ids[1]!);
  expect(byId.finish()).toMatchObject({ ids: ids.slice(0, 2), ended: "stop" });
});

test("without a tokenizer, ids are shown", () => {
  const row = new GrowingRow([], 2, none, undefined);
  expect([row.add(7).text, row.add(9).text]).toEqual(["7", " 9"]);
  expect(row.finish()).toMatchObject({ text: "7 9", ended: "length" });
});

test("where a tokenizer closes up earlier characters, the rest is told all the same", async () => {
  const tokenizer = await openTokenizer(folder);
  const texts = ["do", "do n", "don't", "don't go"];
  const closing = new Proxy(tokenizer, {
    get: (target, name) =>
      name === "decode" ? (ids: number[]) => texts[ids.length - 1] ?? "" : Reflect.get(target, name, target),
  });
  const row = new GrowingRow([], 4, none, closing);
  expect([1, 2, 3, 4].map((id) => row.add(id).text)).toEqual(["do", " n", "t", " go"]);
  expect(row.finish().text).toBe("don't go");
});

const llama = fileURLToPath(new URL("../../../../test/goldens/tokenizers/llama/", import.meta.url));

test("a continuation keeps the space before its first word, so that prompt and text make the whole text", async () => {
  const tokenizer = await openTokenizer(llama);
  const text = "the nurse said that he was";
  const { ids } = await tokenizer.encode(text);
  for (let cut = 1; cut < ids.length; cut++) {
    const [prompt, rest] = [ids.slice(0, cut), ids.slice(cut)];
    const row = new GrowingRow(prompt, rest.length, none, tokenizer);
    const told = rest.map((id) => row.add(id).text).join("");
    expect(readIds(tokenizer, prompt) + told).toBe(readIds(tokenizer, ids));
    expect(row.finish().text).toBe(told);
  }
  // By themselves, tokens that begin with a word have lost their space.
  const word = ids.findIndex((_, i) => i > 1 && text.endsWith(` ${readIds(tokenizer, ids.slice(i))}`));
  expect(word).toBeGreaterThan(1);
});
