import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ask, perform } from "./command.mjs";
import { install } from "./uv.mjs";
import { environment, environmentPython } from "./place.mjs";
import { unlessDone } from "./stamp.mjs";

const requirements = join(dirname(fileURLToPath(import.meta.url)), "requirements.txt");

/**
 * Makes the project's Python environment with the pinned packages, unless it is there, sound and of these pins.
 *
 * @param {string} python an interpreter to make it with
 */
export function installPython(python) {
  // The environment holds its own absolute path: one that was moved with the project is made again.
  if (ask(environmentPython, ["-c", "import sys; print(sys.prefix)"]) !== environment)
    perform("making a Python environment", python, ["-m", "venv", "--clear", environment]);
  // JupyterLab brings scripts that are CommonJS; without this the project's own package.json would make them modules.
  writeFileSync(join(environment, "package.json"), '{ "type": "commonjs" }\n');
  unlessDone(join(environment, ".stamp"), readFileSync(requirements, "utf8"), () => {
    install("installing JupyterLab into it", environmentPython, ["-r", requirements]);
  });
}
