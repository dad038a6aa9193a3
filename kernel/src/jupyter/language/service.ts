import { blankCell, isBlank } from "./blank.js";
import { complete, type Completions } from "./complete.js";
import { completeness, type Completeness } from "./completeness.js";
import { inspect, type Inspection } from "./inspect.js";
import { Notebook, type Compilation } from "./notebook.js";
import type { LanguageThreadData } from "./protocol.js";
import { loadTypescript } from "./typescript.js";

/** A cell that touches what a first cell is slow for: the compiler's own library, Node's types, and vitrail's. */
const firstCell = `import * as vitrail from "vitrail";
const { join } = await import("node:path");
console.log([join("a", "b")].map((each) => each.length), vitrail);`;

/** The notebook's language, with the compiler loaded on first use. */
export class LanguageService {
  readonly #folders: LanguageThreadData;
  #loading: Promise<Notebook> | undefined;

  constructor(folders: LanguageThreadData) {
    this.#folders = folders;
  }

  /** Loads the compiler, the libraries and Node's types, so that the first cell need not wait for them. */
  async warmUp(): Promise<void> {
    const notebook = await this.#notebook();
    notebook.compile(0, firstCell);
    notebook.settle(0, false);
    complete(notebook, "console.", 8);
  }

  /** Compiles a cell, or says what is wrong with it. Throws only on a fault of the compiler's own. */
  async compile(cell: number, source: string): Promise<Compilation> {
    if (isBlank(source)) return { kind: "compiled", cell: blankCell(`cell-${cell}.ts`) };
    return (await this.#notebook()).compile(cell, source);
  }

  async settle(cell: number, kept: boolean, reached?: readonly string[]): Promise<void> {
    (await this.#notebook()).settle(cell, kept, reached);
  }

  async reset(): Promise<void> {
    (await this.#notebook()).reset();
  }

  async complete(source: string, offset: number): Promise<Completions> {
    return complete(await this.#notebook(), source, offset);
  }

  async inspect(source: string, offset: number): Promise<Inspection> {
    return inspect(await this.#notebook(), source, offset);
  }

  async isComplete(source: string): Promise<Completeness> {
    if (isBlank(source)) return { status: "complete", indent: "" };
    return completeness((await this.#notebook()).ts, source);
  }

  #notebook(): Promise<Notebook> {
    return (this.#loading ??= loadTypescript().then((ts) => new Notebook(ts, this.#folders)));
  }
}
