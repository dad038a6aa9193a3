/** Make the demo checkpoint for transformers to look at: `node demo.mjs FOLDER`. */
import { makeDemo } from "../../kernel/dist/models/demo/make.js";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node demo.mjs FOLDER");
makeDemo(folder);
