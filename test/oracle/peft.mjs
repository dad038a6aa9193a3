/** Save each golden prompt as the library does, for peft to load: `peft.mjs GOLDENS OUT`. Needs the built library. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { loadPrompt, savePrompt } from "../../kernel/dist/index.js";

const [goldens, out] = process.argv.slice(2);
for (const name of readdirSync(goldens).filter((each) => each.startsWith("peft-"))) {
  const model = name.slice("peft-".length);
  savePrompt(join(out, model), await loadPrompt(join(goldens, name)), { model });
}
