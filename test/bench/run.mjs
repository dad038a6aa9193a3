/**
 * The benchmark: `npm run bench [-- --shape opt-125m|tiny] [--rounds 11] [--out FILE]`. Prints the tables and writes them to
 * test/bench/RESULTS.md (for another shape only where --out says so). Needs the built library and the oracle's Python.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { oraclePython } from "../oracle/environment.mjs";
import { report } from "./report.mjs";
import { startPytorch, startReference } from "./pytorch.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const { values } = parseArgs({
  options: {
    shape: { type: "string", default: "opt-125m" },
    rounds: { type: "string", default: "11" },
    out: { type: "string" },
    inside: { type: "boolean", default: false },
  },
});
const shape = values.shape;
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds ${values.rounds} is not a positive number`);
if (!existsSync(join(root, "kernel", "dist", "index.js"))) {
  console.error("the library is not built: npm run build");
  process.exit(2);
}
// The client takes memory as a notebook's runner does, which must be said before a process starts; what it starts does not.
const { hideKeptMemory, keptMemory } = await import("../../kernel/dist/jupyter/runner/keptMemory.js");
if (!values.inside) {
  const again = [fileURLToPath(import.meta.url), ...process.argv.slice(2), "--inside"];
  const env = { ...process.env, ...keptMemory };
  process.exit(spawnSync(process.execPath, again, { stdio: "inherit", env }).status ?? 1);
}
hideKeptMemory();
const say = (line) => console.error(line);
const python = oraclePython(root, say);

const folder = join(root, ".vitrail", "bench", shape);
if (!existsSync(join(folder, "complete"))) {
  say(`making ${shape} with random weights`);
  mkdirSync(folder, { recursive: true });
  const made = spawnSync(python, [join(here, "checkpoint.py"), shape, folder], { stdio: "inherit" });
  if (made.status !== 0) process.exit(1);
}
const vocabulary = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")).vocab_size;

const { benchForward, benchMeshes, benchOpen } = await import("./forward.mjs");
const { benchEdits, benchPeers } = await import("./hooks.mjs");
const { benchGradients } = await import("./gradients.mjs");
const { benchPromptScores, benchPromptSteps } = await import("./prompts.mjs");
const { benchGeneration } = await import("./generation.mjs");
const pytorch = await startPytorch(python, folder);
const cores = availableParallelism();
try {
  const common = { folder, vocabulary, pytorch, rounds, cores, say };
  const fresh = { ...common, startPytorch: () => startPytorch(python, folder) };
  const one = await benchForward({ ...fresh, threads: 1 });
  const two = await benchForward({ ...fresh, threads: 2 });
  const edits = [await benchEdits({ ...common, threads: 1 }), await benchEdits({ ...common, threads: 2 })];
  const gradients = [
    ...(await benchGradients({ ...common, threads: 1 })),
    ...(await benchGradients({ ...common, threads: 2 })),
  ];
  const generation = [
    ...(await benchGeneration({ ...common, threads: 1 })),
    ...(await benchGeneration({ ...common, threads: 2 })),
  ];
  const reference = await startReference(python, "soft_prompts.py", folder);
  const prompts = {};
  try {
    const against = { ...common, peft: reference.ask };
    prompts.steps = [
      await benchPromptSteps({ ...against, threads: 1 }),
      await benchPromptSteps({ ...against, threads: 2 }),
    ];
    prompts.scores = await benchPromptScores({ ...against, threads: 2 });
  } finally {
    await reference.close();
  }
  const peers = await benchPeers({ root, python, rounds, say });
  const meshes = await benchMeshes(common);
  const opening = await benchOpen({ ...common, rounds: Math.min(rounds, 5) });
  const version = (name) =>
    createRequire(join(root, "kernel", "package.json"))(`${name}/package.json`).version;
  const page = report({
    shape,
    rounds,
    cores,
    versions: {
      node: process.versions.node,
      "onnxruntime-node": version("onnxruntime-node"),
      torch: pytorch.versions.torch,
      transformers: pytorch.versions.transformers,
      peft: reference.versions.peft,
    },
    forward: [...one.forward, ...two.forward],
    memory: [...one.memory, ...two.memory],
    meshes,
    opening,
    edits,
    gradients,
    peers,
    generation,
    prompts,
  });
  console.log(page);
  const out = values.out ? resolve(values.out) : shape === "opt-125m" ? join(here, "RESULTS.md") : undefined;
  if (out) writeFileSync(out, page);
} finally {
  await pytorch.close();
}
