/** Build what has changed: `node build.mjs [kernel | extension]`, by default both. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SetupError, main, perform } from "./command.mjs";
import { root, state } from "./place.mjs";
import { contentHash, unlessDone } from "./stamp.mjs";

const shared = ["package-lock.json", "tsconfig.json"];

/** In the order in which they are built; what one writes is removed first, so that no file of a former source stays. */
const parts = {
  kernel: {
    sources: [
      "kernel/src",
      "kernel/package.json",
      "kernel/tsconfig.json",
      "kernel/tsconfig.build.json",
      "kernel/rolldown.config.mjs",
    ],
    writes: ["kernel/dist"],
  },
  extension: {
    sources: [
      "extension/src",
      "extension/style",
      "extension/package.json",
      "extension/tsconfig.json",
      "extension/tsconfig.build.json",
      "kernel/src/display/payload",
    ],
    writes: ["extension/lib", "extension/prebuilt"],
  },
};

/** @param {readonly string[]} [names] */
export function build(names = Object.keys(parts)) {
  for (const name of names) {
    if (!(name in parts))
      throw new SetupError(`nothing to build named "${name}": there are ${Object.keys(parts).join(" and ")}`);
    const { sources, writes } = parts[/** @type {keyof typeof parts} */ (name)];
    const inputs = contentHash([...sources, ...shared], (path) => !/\.test\.tsx?$/.test(path));
    const outputs = writes.map((path) => join(root, path));
    const stamp = join(state, "built", name);
    if (!outputs.every((path) => existsSync(path))) rmSync(stamp, { force: true });
    unlessDone(stamp, inputs, () => {
      for (const path of outputs) rmSync(path, { recursive: true, force: true });
      perform(`building the ${name}`, "npm", ["run", "--silent", "build", "--workspace", name]);
    });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await main(() => build(process.argv.length > 2 ? process.argv.slice(2) : undefined));
