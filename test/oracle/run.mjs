/** Make every golden anew with PyTorch and transformers and compare: `npm run oracle [-- step …]`. Exit 1 on any difference. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { oraclePython } from "./environment.mjs";
import { LoadedPython } from "./loadedPython.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const goldens = join(root, "test", "goldens");
const out = join(root, ".vitrail", "oracle-out");

const script = (name) => join(here, name);
/** Make one folder of goldens with a script that takes where to write last, and compare it with the stored one. */
const remake = (name, file, how, inputs = [], before = []) => ({
  name,
  commands: [
    ...before,
    ["python", script(file), ...inputs, join(out, name)],
    ["python", script("compare.py"), how, join(out, name), join(goldens, name)],
  ],
});
const steps = [
  remake("checkpoints", "checkpoints.py", "exact"),
  remake("expected", "expected.py", "close", [join(goldens, "checkpoints")]),
  remake("tokenizers", "tokenizer_expected.py", "exact"),
  remake("rotary", "rotary.py", "close", [join(goldens, "checkpoints")]),
  remake("pytorch", "pytorch_files.py", "exact"),
  remake("parquet", "parquet_files.py", "exact"),
  remake("gradients", "gradients.py", "close"),
  remake("backward", "backward.py", "close", [join(goldens, "checkpoints")]),
  remake("quantised", "quantised.py", "close", [join(goldens, "checkpoints"), join(goldens, "bitsandbytes")]),
  remake("backward-edits", "backward_edits.py", "close", [join(goldens, "checkpoints")]),
  remake("optimisers", "optimisers.py", "close"),
  remake("training", "training.py", "close", [join(goldens, "checkpoints")]),
  remake("statistics", "tensor_statistics.py", "close"),
  remake("edits", "edits.py", "close", [join(goldens, "checkpoints")]),
  remake("modules", "module_hooks.py", "close", [join(goldens, "checkpoints")]),
  remake("parameters", "parameter_edits.py", "close", [join(goldens, "checkpoints")]),
  remake("generation", "generation.py", "close", [join(goldens, "checkpoints")]),
  remake("lenses", "lenses.py", "close", [join(goldens, "checkpoints")]),
  remake("prompts", "soft_prompts.py", "close", [join(goldens, "checkpoints")]),
  remake(
    "trained-modules",
    "trained_modules.py",
    "close",
    [join(goldens, "checkpoints"), join(out, "saved-modules")],
    [["node", script("saved_modules.mjs"), join(goldens, "checkpoints"), join(out, "saved-modules")]],
  ),
  remake("fairness", "fairness.py", "close"),
  {
    name: "onnx",
    commands: [
      ["node", script("models.mjs"), join(goldens, "checkpoints"), join(out, "onnx")],
      ["python", script("onnx_check.py"), join(out, "onnx")],
    ],
  },
  {
    name: "trained",
    commands: [
      ["node", script("trained.mjs"), join(out, "trained")],
      ["python", script("trained.py"), join(out, "trained")],
    ],
  },
  {
    name: "peft",
    commands: [
      ["node", script("peft.mjs"), join(goldens, "prompts"), join(out, "peft")],
      [
        "python",
        script("peft_loads.py"),
        join(goldens, "checkpoints"),
        join(goldens, "prompts"),
        join(out, "peft"),
      ],
    ],
  },
  {
    name: "demo",
    commands: [
      ["node", script("demo.mjs"), join(out, "demo")],
      ["python", script("demo.py"), join(out, "demo")],
    ],
  },
  {
    name: "induction",
    commands: [
      ["node", script("induction.mjs"), join(out, "induction")],
      ["python", script("induction.py"), join(out, "induction")],
    ],
  },
];

const env = {
  ...process.env,
  // Compiled files of the scripts would lie beside them.
  PYTHONPYCACHEPREFIX: join(root, ".vitrail", "oracle-bytecode"),
  HF_HUB_OFFLINE: "1",
  TOKENIZERS_PARALLELISM: "false",
};

/** Runs a program of ours in Node: its exit code and what it printed. */
function runNode(args) {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, maxBuffer: 2 ** 28 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? 1), stdout, stderr }),
    );
  });
}

async function run(step, python) {
  const started = Date.now();
  rmSync(join(out, step.name), { recursive: true, force: true });
  let last = "";
  for (const [program, ...args] of step.commands) {
    const { code, stdout, stderr } = await (program === "python" ? python.run(args) : runNode(args));
    last = stdout.trim();
    if (code !== 0) {
      const said = [last, stderr.trim()].filter(Boolean).join("\n");
      return { step: step.name, result: "FAILED", seconds: seconds(started), said };
    }
  }
  return { step: step.name, result: "equal", seconds: seconds(started), said: last.split("\n").at(-1) };
}

function seconds(started) {
  return ((Date.now() - started) / 1000).toFixed(1);
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`no oracle step "${unknown[0]}": there are ${steps.map((step) => step.name).join(", ")}`);
  process.exit(2);
}
if (!existsSync(join(root, "kernel", "dist"))) {
  console.error("the library is not built: npm run build");
  process.exit(2);
}
const interpreter = oraclePython(root, (line) => console.log(line));
mkdirSync(out, { recursive: true });
const results = [];
const left = steps.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
/** Takes one step after another. */
async function lane() {
  const python = new LoadedPython(interpreter, env);
  for (let step = left.shift(); step !== undefined; step = left.shift()) {
    const result = await run(step, python);
    results.push(result);
    console.log(
      `${result.result.padEnd(7)} ${result.step.padEnd(12)} ${result.seconds.padStart(6)} s  ${result.said}`,
    );
  }
  await python.end();
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane));
const failed = results.filter((result) => result.result !== "equal");
// What differs is left to be looked at.
if (failed.length === 0) rmSync(out, { recursive: true, force: true });
console.log(`${results.length - failed.length} of ${results.length} steps equal`);
process.exit(failed.length > 0 ? 1 : 0);
