import type ts from "typescript";
import type { Declaration } from "../declarations.js";
import { parameters, runtimeName } from "../globalNames.js";
import type { CompiledCell } from "../protocol.js";
import type { TypeScript } from "../typescript.js";
import { lower, type Lowered } from "./lower.js";
import { renamesOf } from "./rename.js";
import { settle, type Settled } from "./settle.js";

export interface CellToEmit {
  readonly ts: TypeScript;
  readonly program: ts.Program;
  readonly module: ts.SourceFile;
  readonly cell: number;
  readonly source: string;
  readonly declarations: ReadonlyMap<string, Declaration>;
  /** Names of earlier cells that exist at run time. */
  readonly foreign: ReadonlySet<string>;
  readonly folder: string;
}

/** JavaScript and source map of a checked cell. */
export function emitCell({ ts, program, module, ...cell }: CellToEmit): CompiledCell {
  const { declarations, source } = cell;
  const checker = program.getTypeChecker();
  const renames = renamesOf(ts, checker, module, declarations, cell.foreign);
  const lowered: Lowered = { imported: new Set(), hasResult: false };
  const settled: Settled = { isAsync: false };
  const declared = [...declarations.values()]
    .filter(({ emitted, kind }) => emitted && kind !== "import")
    .map(({ name }) => runtimeName(name));
  const file = `cell-${cell.cell}.ts`;
  const path = `${cell.folder}/${file}`;
  const lowering = { ts, checker, length: source.length, declarations, renames, path };

  let script: string | undefined;
  let map: string | undefined;
  program.emit(
    module,
    (name, text) => {
      if (name.endsWith(".js")) script = text;
      if (name.endsWith(".js.map")) map = text;
    },
    undefined,
    false,
    { before: [lower(lowering, lowered)], after: [settle(ts, new Set(declared), settled)] },
  );
  if (script === undefined || map === undefined) throw new Error(`the compiler emitted nothing for ${file}`);
  const { names, mappings } = JSON.parse(map) as { names: string[]; mappings: string };
  // A first line for the shell is no JavaScript inside a function; as a comment it leaves every line where it is.
  const body = script.replace(/^#!/, "//#!").replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "");
  return {
    declares: [...new Set([...declared, ...lowered.imported])],
    code: `(${settled.isAsync ? "async " : ""}function (${parameters.join(", ")}) { "use strict";\n${body}\n})`,
    isAsync: settled.isAsync,
    hasResult: lowered.hasResult,
    // The body starts on the second line of the script.
    sourceMap: JSON.stringify({
      version: 3,
      file,
      sources: [file],
      sourcesContent: [source],
      names,
      mappings: `;${mappings}`,
    }),
    file,
  };
}
