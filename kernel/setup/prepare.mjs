/** Everything that `npm start` and `npm test` need, made once and after changes: `node prepare.mjs`. */
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";
import { main } from "./command.mjs";
import { makeDemo } from "./demo.mjs";
import { installIntoLab } from "./lab.mjs";
import { installPackages } from "./packages.mjs";
import { installPython } from "./python.mjs";
import { checkTools } from "./tools.mjs";

/** Throws one line with the cure when a tool is missing. */
export async function prepare() {
  const python = checkTools();
  installPackages();
  build();
  installPython(python);
  await installIntoLab();
  await makeDemo();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(prepare);
