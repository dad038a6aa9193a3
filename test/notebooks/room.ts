import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { root } from "../browser/lab.js";
import { executeNotebook, installKernel, processesWith, readCells, readOutputs } from "./execute.js";

/** Path of a notebook of the project, by its name without the ending. */
export const publishedNotebook = (name: string): string => join(root, "notebooks", `${name}.ipynb`);

/** Throws when a notebook of the project was saved with outputs. */
export function expectNoOutputs(name: string): void {
  for (const [id, cell] of readCells(publishedNotebook(name))) expect(cell.outputs ?? [], id).toEqual([]);
}

/** Where the notebooks of one test file are executed, before it is taken away with whatever a failed one left alive. */
export interface NotebookRoom {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Executes a notebook of the project after changes of its text, each of which must be found. Kept as `<as>-out.ipynb`. */
  execute(
    name: string,
    as: string,
    changes?: readonly (readonly [from: string, to: string])[],
  ): Promise<ReturnType<typeof readOutputs>>;
  /** Throws when a process or a file of a session lives on. */
  expectNothingLeft(): Promise<void>;
}

/** Call it at the top of a test file. */
export function notebookRoom(): NotebookRoom {
  // Short, because sockets lie in it; and a mark of every process that this test starts.
  const runtime = mkdtempSync(join(tmpdir(), "vtn-"));
  // Inside the project, because what a cell imports depends on where its notebook lies.
  mkdirSync(join(root, ".vitrail"), { recursive: true });
  const folder = mkdtempSync(join(root, ".vitrail", "notebook-"));
  const own = { VITRAIL_RUNTIME_DIR: runtime, JUPYTER_DATA_DIR: join(folder, "data") };
  const env = { ...(process.env as Record<string, string>), ...own };
  const left = () => processesWith("VITRAIL_RUNTIME_DIR", runtime);

  beforeAll(installKernel);
  afterAll(() => {
    // One that ends by itself meanwhile is no fault.
    spawnSync("kill", ["-KILL", ...left().map((line) => line.split(" ")[0]!)]);
    for (const each of [folder, runtime]) rmSync(each, { recursive: true, force: true });
  });
  return {
    folder,
    env,
    async execute(name, as, changes = []) {
      let text = readFileSync(publishedNotebook(name), "utf8");
      for (const [from, to] of changes) {
        expect(text).toContain(from);
        text = text.replace(from, () => to);
      }
      const [source, out] = [join(folder, `${as}.ipynb`), join(folder, `${as}-out.ipynb`)];
      writeFileSync(source, text);
      await executeNotebook(source, out, env);
      return readOutputs(out);
    },
    async expectNothingLeft() {
      await expect.poll(left, { timeout: 20_000 }).toEqual([]);
      expect(readdirSync(runtime)).toEqual([]);
    },
  };
}
