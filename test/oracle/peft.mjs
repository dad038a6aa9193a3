/**
 * Save each golden prompt as the library does, for peft to load: `peft.mjs GOLDENS OUT`. Needs the built library. Each began in
 * another way, so that peft must take all that it knows, and one is not known.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { loadPrompt, savePrompt } from "../../kernel/dist/index.js";

const begun = [
  { init: "text", text: "the sentiment of this" },
  { init: "vocab" },
  { init: "random", deviation: 0.5 },
];
const [goldens, out] = process.argv.slice(2);
for (const [i, name] of readdirSync(goldens)
  .filter((each) => each.startsWith("peft-"))
  .sort()
  .entries()) {
  const model = name.slice("peft-".length);
  const { prompt } = await loadPrompt(join(goldens, name));
  const reading = { words: [" bad", " good"], template: "{text} so" };
  savePrompt(join(out, model), begun[i] ? { prompt, reading, init: begun[i] } : prompt, { model });
}
