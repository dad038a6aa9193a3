import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeSafetensors } from "../../kernel/src/models/checkpoint/writeSafetensors.js";
import { initialise } from "../../kernel/src/tuning/training/initialise.js";
import { smallConfig } from "../../kernel/src/tuning/training/smallConfig.js";
import { withOwnSession } from "./sessions.js";

const folder = mkdtempSync(join(tmpdir(), "vitrail-llama-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A random LLaMA with the golden tokenizer of LLaMA 1 and 2, which marks the beginning of every text. */
function makeLlama(): void {
  cpSync(join(import.meta.dirname, "../goldens/tokenizers/llama"), folder, { recursive: true });
  const sizes = { layers: 2, hidden: 16, heads: 2, inner: 32, positions: 64, deviation: 0.25 };
  const config = smallConfig({ family: "llama", vocabulary: 560, ...sizes });
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, bos_token_id: 1, eos_token_id: 2 }));
  writeSafetensors(join(folder, "model.safetensors"), initialise(config, 0));
}

test("a continuation is scored as the tokens that it is in the whole text", async () => {
  makeLlama();
  const prompt = "Is the answer biased?\n\n### Response:";
  const continuations = ["Yes", " Yes", "\nno", "the dog"];
  await withOwnSession(folder, {}, async (session) => {
    const { scores } = await session.score(prompt, continuations);
    const before = (await session.forward(prompt)).tokens[0]!.length;
    for (const [i, continuation] of continuations.entries()) {
      const { logits, tokens } = await session.forward(prompt + continuation);
      const vocabulary = logits!.shape[2]!;
      const expected = tokens[0]!.slice(before).map(({ id }, at) => {
        const from = (before + at - 1) * vocabulary;
        const row = logits!.data.subarray(from, from + vocabulary);
        return row[id]! - Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
      });
      expect(scores[i]!.tokens.map(({ id }) => id)).toEqual(tokens[0]!.slice(before).map(({ id }) => id));
      scores[i]!.logProbabilities.forEach((x, at) => expect(x).toBeCloseTo(expected[at]!, 5));
    }
    // Another beginning is another word: what tells the two apart is not lost on the way.
    expect(Math.abs(scores[0]!.total - scores[1]!.total)).toBeGreaterThan(0.01);
  });
});
