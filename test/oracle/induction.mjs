/** Give transformers the model that is trained to have induction heads: `node induction.mjs FOLDER`. */
import { cpSync } from "node:fs";
import { inductionCheckpoint } from "../../kernel/dist/index.js";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node induction.mjs FOLDER");
cpSync(await inductionCheckpoint(), folder, { recursive: true });
