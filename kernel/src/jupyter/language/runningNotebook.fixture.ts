import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import ts from "typescript";
import { CellNames } from "../runner/cellNames.js";
import { Notebook } from "./notebook.js";
import type { CompiledCell, Diagnostic } from "./protocol.js";

/** The vitrail package that this file belongs to. */
export const kernelPackage = join(import.meta.dirname, "../../..");

let notebooks = 0;
/** Script scope is one for the whole process. */
const names = new CellNames();

/** A notebook whose cells run the way the runner runs them: names in script scope, code by `vm`. */
export class RunningNotebook {
  readonly notebook: Notebook;
  readonly folder: string;
  readonly imported: { specifier: string; attributes: Record<string, string> | undefined }[] = [];
  #cells = (notebooks += 1) * 1000;

  constructor(folder: string, packageFolder = kernelPackage) {
    this.folder = folder;
    this.notebook = new Notebook(ts, { cwd: folder, kernelPackage: packageFolder });
  }

  /** Compiles and runs a cell, and keeps what it reached; throws what it throws, or its first error's text. */
  async run(source: string): Promise<unknown> {
    const { value } = await this.runWhole(source);
    return value;
  }

  async runWhole(source: string): Promise<{ compiled: CompiledCell; value: unknown }> {
    const cell = ++this.#cells;
    const compilation = this.notebook.compile(cell, source);
    if (compilation.kind === "diagnostics") {
      const [first] = compilation.diagnostics;
      throw new Error(`TS${first?.code} ${first?.line}:${first?.column} ${first?.message}`);
    }
    const compiled = compilation.cell;
    const reached: string[] = [];
    try {
      const value = await this.execute(compiled, reached);
      this.notebook.settle(cell, true);
      return { compiled, value };
    } catch (error) {
      this.notebook.settle(cell, true, reached);
      throw error;
    }
  }

  /** @param reached gets the names that the cell has set */
  async execute({ declares, code, file }: CompiledCell, reached: string[] = []): Promise<unknown> {
    let runs = true;
    names.declare(declares, { file, isRunning: () => runs });
    const body = vm.runInThisContext(code, { filename: file }) as (...parameters: unknown[]) => unknown;
    const load = (specifier: string, attributes?: Record<string, string>) => {
      this.imported.push({ specifier, attributes });
      return this.#load(specifier, attributes);
    };
    try {
      return await body(
        load,
        (...some: string[]) => reached.push(...some),
        (name: string) => names.isUnset(name),
        (value: unknown) => value,
      );
    } finally {
      runs = false;
    }
  }

  /** Errors of a cell, which is then forgotten. */
  errors(source: string): readonly Diagnostic[] {
    const cell = ++this.#cells;
    const compilation = this.notebook.compile(cell, source);
    if (compilation.kind === "diagnostics") return compilation.diagnostics;
    this.notebook.settle(cell, false);
    return [];
  }

  async #load(specifier: string, attributes: Record<string, string> | undefined): Promise<unknown> {
    const local = specifier.startsWith(".");
    const url = local ? pathToFileURL(join(this.folder, specifier)).href : specifier;
    return attributes ? import(/* @vite-ignore */ url, { with: attributes }) : import(/* @vite-ignore */ url);
  }
}

/** An empty folder under the package, removed by the returned function. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(kernelPackage, "../.vitrail/language-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
