import type ts from "typescript";
import { blankCell, isBlank } from "./blank.js";
import { declarationsOf, identifiersOf, type DeclarationKind } from "./declarations.js";
import { errorsOf, toDiagnostic } from "./diagnostics.js";
import { emitCell } from "./emit/emit.js";
import { Ledger, type CellModule } from "./ledger.js";
import { NotebookFiles } from "./notebookHost.js";
import { parseCell } from "./parse.js";
import type { CompiledCell, Diagnostic, LanguageThreadData } from "./protocol.js";
import { moduleName, tailOf } from "./tail.js";
import type { TypeScript } from "./typescript.js";

export type Compilation =
  | { readonly kind: "compiled"; readonly cell: CompiledCell }
  | { readonly kind: "diagnostics"; readonly diagnostics: readonly Diagnostic[] };

const probeName = "__cell_probe";

/**
 * The cells of a notebook as modules of one program. A cell is its source unchanged plus a tail line that ties it to the
 * others, so positions need no offset.
 */
export class Notebook {
  readonly ts: TypeScript;
  readonly service: ts.LanguageService;
  readonly #files: NotebookFiles;
  readonly #ledger = new Ledger();
  readonly #folder: string;
  /** Modules that are compiled and not settled: what they hide must stay meanwhile. */
  readonly #pending = new Set<number>();
  #serials = 0;

  constructor(ts: TypeScript, folders: LanguageThreadData) {
    this.ts = ts;
    this.#folder = folders.cwd;
    this.#files = new NotebookFiles(ts, folders);
    this.#files.write(probeName, "");
    this.service = ts.createLanguageService(this.#files.host);
  }

  /** Checks and compiles a cell; its names stand for later cells until `settle` says otherwise. */
  compile(cell: number, source: string): Compilation {
    const { ts } = this;
    if (isBlank(source)) return { kind: "compiled", cell: blankCell(`cell-${cell}.ts`) };
    const { tree, errors } = parseCell(ts, source);
    if (errors.length > 0)
      return { kind: "diagnostics", diagnostics: errors.map((error) => toDiagnostic(ts, source, error)) };

    const declarations = declarationsOf(ts, tree);
    const augments = tree.statements.some(
      (node) => ts.isModuleDeclaration(node) && !isPlainNamespace(ts, node),
    );
    const draft: CellModule = { serial: ++this.#serials, cell, declarations, augments, uses: new Set() };
    const owners = this.#ledger.owners(draft);
    const used = identifiersOf(ts, tree);
    const tail = tailOf(declarations, owners, used, draft);
    const module: CellModule = { ...draft, uses: tail.uses };
    const name = moduleName(module.serial);
    this.#files.write(probeName, "");
    this.#files.write(name, source + tail.text);
    try {
      const path = this.#files.path(name);
      const kindOf = (each: string) => owners.get(each)?.value?.declarations.get(each)?.kind;
      const diagnostics = errorsOf(ts, this.service, path, source, kindOf);
      if (diagnostics.length > 0) {
        this.#files.delete(name);
        return { kind: "diagnostics", diagnostics };
      }
      const program = this.service.getProgram();
      const file = program?.getSourceFile(path);
      if (!program || !file) throw new Error(`the program lost ${name}`);
      const foreign = new Set(
        [...used].filter((each) => {
          const owner = owners.get(each)?.value;
          return owner !== draft && owner?.declarations.get(each)?.emitted;
        }),
      );
      const compiled = emitCell({
        ts,
        program,
        module: file,
        cell,
        source,
        declarations,
        foreign,
        folder: this.#folder,
      });
      this.#ledger.add(module);
      this.#pending.add(module.serial);
      return { kind: "compiled", cell: compiled };
    } catch (error) {
      this.#files.delete(name);
      throw error;
    }
  }

  /**
   * Keeps what the cell declared, or forgets it, so that earlier declarations stand again.
   *
   * @param reached of a cell that failed, the names that it has set: earlier declarations of the others stand again
   */
  settle(cell: number, kept: boolean, reached?: readonly string[]): void {
    const module = this.#ledger.last(cell);
    if (!module) return;
    this.#pending.delete(module.serial);
    if (!kept) this.#drop(module);
    else if (reached) this.#ledger.giveBack(module, new Set(reached));
    if (this.#pending.size > 0) return;
    for (const old of this.#ledger.unreachable()) this.#drop(old);
  }

  /** Forgets all cells. */
  reset(): void {
    for (const module of this.#ledger.modules) this.#files.delete(moduleName(module.serial));
    this.#ledger.clear();
    this.#pending.clear();
  }

  /** Path of a temporary module with this source that sees the names of all cells. */
  probe(source: string): string {
    const { ts } = this;
    const { tree } = parseCell(ts, source);
    const declarations = declarationsOf(ts, tree);
    const draft: CellModule = { serial: 0, cell: 0, declarations, augments: false, uses: new Set() };
    const owners = this.#ledger.owners(draft);
    const { text } = tailOf(declarations, owners, owners.keys(), draft);
    this.#files.write(probeName, source + text);
    return this.#files.path(probeName);
  }

  /** The cell's module that a name's value (or else its type) comes from, and what the name is there. */
  originOf(name: string): { readonly path: string; readonly kind: DeclarationKind } | undefined {
    const owner = this.#ledger.owners().get(name);
    const module = owner?.value ?? owner?.type;
    const kind = module?.declarations.get(name)?.kind;
    return module && kind && { path: this.#files.path(moduleName(module.serial)), kind };
  }

  #drop(module: CellModule): void {
    this.#ledger.delete(module.serial);
    this.#files.delete(moduleName(module.serial));
  }
}

function isPlainNamespace(ts: TypeScript, node: ts.ModuleDeclaration): boolean {
  return ts.isIdentifier(node.name) && (node.flags & ts.NodeFlags.GlobalAugmentation) === 0;
}
