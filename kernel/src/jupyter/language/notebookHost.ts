import { statSync } from "node:fs";
import { join } from "node:path";
import type ts from "typescript";
import { cellGlobals } from "./cellGlobals.js";
import { compilerOptions } from "./options.js";
import { resolverFor, type ResolutionFolders } from "./resolution.js";
import type { TypeScript } from "./typescript.js";

const rootName = "__cell_root";

interface Version {
  readonly version: string;
  readonly snapshot: ts.IScriptSnapshot | undefined;
}

/** Files of the notebook's program: cells in memory, everything else from disk. */
export class NotebookFiles {
  readonly host: ts.LanguageServiceHost;
  readonly #ts: TypeScript;
  readonly #folder: string;
  readonly #virtual = new Map<string, Version>();
  readonly #onDisk = new Map<string, Version>();
  #versions = 0;

  constructor(ts: TypeScript, folders: ResolutionFolders) {
    this.#ts = ts;
    this.#folder = folders.cwd.replaceAll("\\", "/");
    this.write("__cell_globals.d", cellGlobals);
    const options = compilerOptions(ts);
    const { sys } = ts;
    const fileExists = (file: string) => this.#virtual.has(file) || sys.fileExists(file);
    const readFile = (file: string, encoding?: string) => {
      const text = this.#virtual.get(file)?.snapshot;
      return text ? text.getText(0, text.getLength()) : sys.readFile(file, encoding);
    };
    const disk = {
      fileExists,
      readFile,
      directoryExists: sys.directoryExists,
      getDirectories: sys.getDirectories,
      ...(sys.realpath ? { realpath: sys.realpath } : {}),
      useCaseSensitiveFileNames: () => sys.useCaseSensitiveFileNames,
      getCurrentDirectory: () => this.#folder,
    };
    // For the package.json files that say which format a library's file has; without it each compilation reads them all.
    const packages = ts.createModuleResolutionCache(this.#folder, (file) => file, options);
    const host: ts.LanguageServiceHost & Pick<ts.CompilerHost, "getModuleResolutionCache"> = {
      getModuleResolutionCache: () => packages,
      ...disk,
      ...resolverFor(ts, disk, folders, (file) => this.#virtual.has(file)),
      readDirectory: sys.readDirectory,
      getCompilationSettings: () => options,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      getScriptFileNames: () => [this.path(rootName)],
      getScriptVersion: (file) => this.#version(file).version,
      getScriptSnapshot: (file) => this.#version(file).snapshot,
    };
    this.host = host;
  }

  /** Full name of the virtual file `name`. */
  path(name: string): string {
    return `${this.#folder}/${name}.ts`;
  }

  write(name: string, text: string): void {
    const isNew = !this.#virtual.has(this.path(name));
    this.#set(name, text);
    if (isNew) this.#setRoot();
  }

  delete(name: string): void {
    this.#virtual.delete(this.path(name));
    this.#setRoot();
  }

  #set(name: string, text: string): void {
    this.#virtual.set(this.path(name), {
      version: `v${++this.#versions}`,
      snapshot: this.#ts.ScriptSnapshot.fromString(text),
    });
  }

  /** One root that names all others: while the list of roots stays, the compiler keeps the modules it has resolved. */
  #setRoot(): void {
    const names = [...this.#virtual.keys()].map((path) => path.slice(this.#folder.length + 1, -".ts".length));
    const lines = names
      .filter((name) => name !== rootName)
      .map((name) => (name.endsWith(".d") ? `/// <reference path="./${name}.ts" />` : `import "./${name}";`));
    // The library is kept read, because a program forgets the files that none of its cells imports.
    this.#set(rootName, [...lines, 'import "vitrail";'].join("\n"));
  }

  /** Installed packages are taken as fixed; the user's own files are read again when they change. */
  #version(file: string): Version {
    const virtual = this.#virtual.get(file);
    if (virtual) return virtual;
    const known = this.#onDisk.get(file);
    if (known?.snapshot && file.includes("/node_modules/")) return known;
    const stat = statSync(join(file), { throwIfNoEntry: false });
    const version = stat ? `${stat.mtimeMs}:${stat.size}` : "none";
    if (known?.version === version) return known;
    const text = stat?.isFile() ? this.#ts.sys.readFile(file) : undefined;
    const read = {
      version,
      snapshot: text === undefined ? undefined : this.#ts.ScriptSnapshot.fromString(text),
    };
    this.#onDisk.set(file, read);
    return read;
  }
}
