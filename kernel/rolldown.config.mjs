/**
 * Joins what a program loads into a few files, over those that the compiler wrote: Node takes a millisecond of processor time to
 * load each of some hundred modules, and every worker of a session is a process. Modules that two programs share lie
 * in one file, so that a process holds each once.
 */
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";

const sources = fileURLToPath(new URL("src/", import.meta.url));

/** What is started, or imported by others, under its own name. */
const programs = [
  "index",
  "cli",
  "display/payload/index",
  "session/broker",
  "engine/worker",
  "engine/heartbeat",
  "engine/adapters/list",
  "jupyter/main",
  "jupyter/remote/start",
  "jupyter/language/thread",
  "jupyter/runner/main",
  "jupyter/runner/interrupter",
  "jupyter/runner/typescriptHooks",
];

/** Native libraries, the compiler, and what a cell may import beside us stay packages of their own. */
const external = ["koffi", "onnxruntime-node", "tokenizers", "tslab", "typescript", "zeromq"];

/** A module asks where it lies, to find its neighbours: it is told where the compiler has put it. */
const ownPlace = {
  name: "own-place",
  transform(code, id) {
    if (!id.startsWith(sources) || !code.includes("import.meta.url")) return null;
    const place = relative(sources, id).replace(/\.ts$/, ".js");
    return code.replaceAll("import.meta.url", `__placeOf(${JSON.stringify(place)})`);
  },
  renderChunk(code, { fileName }) {
    if (!code.includes("__placeOf(")) return null;
    return code.replaceAll(/__placeOf\("([^"]+)"\)/g, (_, place) => {
      const from = relative(dirname(fileName), place);
      return `new URL(${JSON.stringify(from)}, import.meta.url).href`;
    });
  },
};

export default defineConfig({
  input: Object.fromEntries(programs.map((name) => [name, `${sources}${name}.ts`])),
  platform: "node",
  external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)),
  resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
  tsconfig: false,
  plugins: [ownPlace],
  output: {
    dir: fileURLToPath(new URL("dist/", import.meta.url)),
    entryFileNames: "[name].js",
    chunkFileNames: "shared/[name]-[hash].js",
    cleanDir: false,
  },
});
