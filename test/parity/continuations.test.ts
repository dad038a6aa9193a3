import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeSafetensors } from "../../kernel/src/models/checkpoint/writeSafetensors.js";
import { initialise } from "../../kernel/src/tuning/training/initialise.js";
import { smallConfig } from "../../kernel/src/tuning/training/smallConfig.js";
import type { Session } from "../../kernel/src/index.js";
import { vitrail, withOwnSession } from "./sessions.js";

const folder = mkdtempSync(join(tmpdir(), "vitrail-llama-"));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * A random LLaMA with the golden tokenizer of LLaMA 1 and 2, which marks the beginning of every text: the class that
 * transformers names for it only where the text begins with no space, the generic class always.
 */
function makeLlama(tokenizer_class = "LlamaTokenizer"): void {
  cpSync(join(import.meta.dirname, "../goldens/tokenizers/llama"), folder, { recursive: true });
  const sizes = { layers: 2, hidden: 16, heads: 2, inner: 32, positions: 64, deviation: 0.25 };
  const config = smallConfig({ family: "llama", vocabulary: 560, ...sizes });
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, bos_token_id: 1, eos_token_id: 2 }));
  const settings = JSON.parse(readFileSync(join(folder, "tokenizer_config.json"), "utf8")) as object;
  writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify({ ...settings, tokenizer_class }));
  writeSafetensors(join(folder, "model.safetensors"), initialise(config, 0));
}

/** Ids behind a prompt of the whole text, and their log-probabilities, from the logits of all its places. */
async function inWholeText(session: Session, prompt: string, continuation: string) {
  const before = (await session.forward(prompt)).tokens[0]!.length;
  const { logits, tokens } = await session.forward(prompt + continuation);
  const vocabulary = logits!.shape[2]!;
  const ids = tokens[0]!.slice(before).map(({ id }) => id);
  const logProbabilities = ids.map((id, at) => {
    const from = (before + at - 1) * vocabulary;
    const row = logits!.data.subarray(from, from + vocabulary);
    return row[id]! - Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
  });
  return { ids, logProbabilities };
}

test("a continuation is scored as the tokens that it is in the whole text", async () => {
  makeLlama();
  const prompt = "Is the answer biased?\n\n### Response:";
  const continuations = ["Yes", " Yes", "\nno", "the dog"];
  await withOwnSession(folder, {}, async (session) => {
    const { scores } = await session.score(prompt, continuations);
    for (const [i, continuation] of continuations.entries()) {
      const { ids, logProbabilities } = await inWholeText(session, prompt, continuation);
      expect(scores[i]!.tokens.map(({ id }) => id)).toEqual(ids);
      scores[i]!.logProbabilities.forEach((x, at) => expect(x).toBeCloseTo(logProbabilities[at]!, 5));
    }
    // Another beginning is another word: what tells the two apart is not lost on the way.
    expect(Math.abs(scores[0]!.total - scores[1]!.total)).toBeGreaterThan(0.01);
  });
});

test.each(["LlamaTokenizer", "PreTrainedTokenizerFast"])(
  "nothing stands before what is scored after an empty prompt, or after special tokens alone (%s)",
  async (tokenizerClass) => {
    makeLlama(tokenizerClass);
    const [more, less] = ["The dog is bad", "the nurse said that he"];
    await withOwnSession(folder, {}, async (session) => {
      const totals: number[] = [];
      for (const prompt of ["", "<s>", "the dog</s>"]) {
        const { scores } = await session.score(prompt, [more, less]);
        for (const [i, sentence] of [more, less].entries()) {
          const { ids, logProbabilities } = await inWholeText(session, prompt, sentence);
          expect(scores[i]!.tokens.map(({ id }) => id)).toEqual(ids);
          scores[i]!.logProbabilities.forEach((x, at) => expect(x).toBeCloseTo(logProbabilities[at]!, 5));
          if (prompt === "") totals.push(logProbabilities.reduce((sum, x) => sum + x, 0));
        }
      }
      // The beginning of a text by its ids is what it is by its text.
      const { bos } = (await session.tokenizer()).special;
      const byIds = await session.score([bos!], [more, less]);
      const ofText = await session.score("", [more, less]);
      expect(byIds.scores).toEqual(ofText.scores);

      const pair = { more, less, direction: "stereo", type: "race-color" } as const;
      const [scored] = await vitrail.fairness.scoreCrows(session, [pair], { quiet: true });
      expect(scored!.more).toBeCloseTo(totals[0]!, 4);
      expect(scored!.less).toBeCloseTo(totals[1]!, 4);
      // As if they went on from another text they would be other sentences.
      const tokenizer = await session.tokenizer();
      const inside = (await tokenizer.encode(more, { continues: true })).ids;
      const other = (await session.score([bos!], [inside])).scores[0]!.total;
      expect(Math.abs(other - totals[0]!)).toBeGreaterThan(0.1);
    });
  },
);

test.each(["LlamaTokenizer", "PreTrainedTokenizerFast"])(
  "label words are the tokens that they are in the whole text (%s)",
  async (tokenizerClass) => {
    makeLlama(tokenizerClass);
    const prompt = "Is the answer biased?\n\n### Response:";
    const words = ["Yes", " the", "\nno"];
    await withOwnSession(folder, {}, async (session) => {
      const logs: number[] = [];
      const tokenizer = await session.tokenizer();
      const alone: { ids: number[] }[] = [];
      for (const word of words) {
        const { logProbabilities } = await inWholeText(session, prompt, word);
        logs.push(logProbabilities.reduce((sum, x) => sum + x, 0));
        alone.push({ ids: (await tokenizer.encode(word, { special: false })).ids });
      }
      const chances = logs.map(Math.exp);
      const sum = chances.reduce((total, x) => total + x, 0);
      const [said] = await vitrail.classifyByPrompt(session, undefined, [prompt], { words });
      said!.forEach((p, i) => expect(Math.log(p)).toBeCloseTo(Math.log(chances[i]! / sum), 4));
      // By themselves they would be other tokens, with other probabilities.
      const [other] = await vitrail.classifyByPrompt(session, undefined, [prompt], { words: alone });
      expect(Math.max(...said!.map((p, i) => Math.abs(Math.log(p / other![i]!))))).toBeGreaterThan(0.1);

      // A lens, too, knows a token by what it is behind a text.
      const { ids } = await inWholeText(session, prompt, " the");
      expect(ids).toHaveLength(1);
      const lens = await vitrail.logitLens(session, prompt, { tokens: [" the", ids[0]!] });
      const [named, byId] = lens.rows[0]!.chosen;
      expect(named!.logProbability).toEqual(byId!.logProbability);
    });
  },
);
