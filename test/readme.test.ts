import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { layerPoints, modelPoints } from "../kernel/src/hooks/names.js";
import { jupyterProgram, root } from "./browser/lab.js";

const pages = ["README.md", "CONTRIBUTING.md"].map((name) => readFileSync(join(root, name), "utf8"));
const examples = [...pages[0]!.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, source]) => source!.trimEnd());

let at: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  at = mkdtempSync(join(tmpdir(), "vt-readme-"));
  const { installKernelspec } = (await import(join(root, "kernel/dist/jupyter/kernelspec.js"))) as {
    installKernelspec(prefix: string): string;
  };
  installKernelspec(at);
  mkdirSync(join(at, "runtime"), { mode: 0o700 });
  env = {
    ...process.env,
    JUPYTER_PATH: join(at, "share/jupyter"),
    JUPYTER_CONFIG_DIR: join(at, "config"),
    JUPYTER_RUNTIME_DIR: join(at, "jupyter"),
    VITRAIL_RUNTIME_DIR: join(at, "runtime"),
  };
});
afterAll(() => rmSync(at, { recursive: true, force: true }));

async function run(program: string, ...args: string[]): Promise<string> {
  const child = spawn(program, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => (output += text.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(code, output).toBe(0);
  return output;
}

interface Output {
  readonly output_type: string;
  readonly text?: string | string[];
  readonly data?: Record<string, unknown>;
}

test("the examples of the README run as the cells of a notebook, and leave no session", async () => {
  expect(examples).toHaveLength(8);
  const notebook = join(at, "readme.ipynb");
  const cells = examples.map((source, i) => ({
    cell_type: "code",
    id: `example-${i}`,
    metadata: {},
    execution_count: null,
    outputs: [],
    source,
  }));
  const kernelspec = { name: "vitrail", display_name: "Vitrail", language: "typescript" };
  writeFileSync(
    notebook,
    JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells }),
  );
  await run(jupyterProgram("jupyter"), "execute", "--inplace", "--timeout=120", notebook);

  const done = JSON.parse(readFileSync(notebook, "utf8")) as { cells: { outputs: Output[] }[] };
  const printed = (cell: number) =>
    done.cells[cell]!.outputs.map(({ text }) => [text ?? ""].flat().join("")).join("");
  const shown = (cell: number) => done.cells[cell]!.outputs.flatMap(({ data }) => Object.keys(data ?? {}));
  expect(printed(0)).toContain("pipeline 2");
  expect(shown(0)).toEqual(
    expect.arrayContaining(["application/vnd.vitrail.attention.v1+json", "image/png", "text/plain"]),
  );
  expect(shown(1)).toEqual(
    expect.arrayContaining(["application/vnd.vitrail.hook-tree.v1+json", "image/png", "text/plain"]),
  );
  // Of two rows of up to 12 tokens: one head's query, two layers' position of 256 units, one position's logits.
  expect(printed(2)).toContain(`${4 * 2 * (12 + 2 * 256 + 901)} bytes will come back`);
  expect(printed(2)).toContain("layers.1.attention.pattern [ 2, 1, 1, 12 ]");
  expect(printed(3)).toMatch(/\[ 1, 1, 901 \] \[ 1, \d+, 256 \]/);
  expect(printed(4)).toMatch(/^largest \d+\.\d+/m);
  expect(printed(5)).toMatch(/ left a letter, and \| +(left ?){5}\n.*'1×4×1×15'.*\n\[ -\d/s);
  expect(printed(6)).toMatch(/^\d+\.\d+ \[ 'layers.0.residual.out', 'layers.1.residual.out' \] \[ 256 \]/m);
  expect(printed(7)).toContain("demo: pipeline 2 × tensor 1");
  expect(readdirSync(join(at, "runtime"))).toEqual([]);
});

test("the same examples run as a program of Node", async () => {
  const program = join(root, ".vitrail", `readme-${process.pid}.mjs`);
  writeFileSync(program, [...examples, "console.log(attention(run))"].join("\n"));
  try {
    const output = await run(process.execPath, program);
    expect(output).toContain("attention: 2 layers × 4 heads");
    expect(output).toContain("bytes will come back");
  } finally {
    rmSync(program);
  }
});

test("the commands outside a notebook are there", async () => {
  const commands = [...pages[0]!.matchAll(/^node (kernel\/dist\/cli\.js) (\w+)$/gm)];
  expect(commands.map(([, , name]) => name)).toEqual(["data", "sessions", "doctor"]);
  for (const [, file, name] of commands) await run(process.execPath, file!, name!);
});

test("no install script runs, and the README names the one command that turns CUDA's on", () => {
  expect(readFileSync(join(root, ".npmrc"), "utf8")).toMatch(/^ignore-scripts=true$/m);
  expect(pages[0]!.match(/^npm .*--ignore-scripts=false$/gm)).toEqual([
    "npm rebuild onnxruntime-node --ignore-scripts=false",
  ]);
  const file = join(root, "node_modules/onnxruntime-node/package.json");
  const { scripts } = JSON.parse(readFileSync(file, "utf8")) as { scripts: Record<string, string> };
  expect(Object.keys(scripts)).toContain("postinstall");
});

test("every hook point stands in the README, once", () => {
  const [, section = ""] = /^## Hook points$(.*?)^## /ms.exec(pages[0]!)!;
  const names = [...section.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
  );
  expect(names.sort()).toEqual([...modelPoints, ...layerPoints].sort());
});

test("what the pages name exists: scripts, folders, pages, rooms", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const text = pages.join("\n");
  const named = [...text.matchAll(/`npm (?:run )?(start|test|[a-z:]+)/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(6);
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);

  const folders = [...text.matchAll(/`((?:kernel|extension|notebooks|test)\/[\w./-]*)`/g)].map(
    ([, path]) => path!,
  );
  const links = [...text.matchAll(/\]\(([\w.]+)\)/g)].map(([, path]) => path!);
  const rooms = [...pages[1]!.matchAll(/^\| `(\w+)` \|/gm)].map(([, room]) => room!);
  const there = readdirSync(join(root, "kernel/src"), { withFileTypes: true });
  expect(rooms.sort()).toEqual(there.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort());
  expect([...folders, ...links].filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
