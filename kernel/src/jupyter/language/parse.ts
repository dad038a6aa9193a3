import type ts from "typescript";
import type { TypeScript } from "./typescript.js";

/** Parts of a source file that the compiler keeps to itself; pinned with its version. */
interface ParsedModule {
  externalModuleIndicator?: unknown;
  parseDiagnostics: readonly ts.DiagnosticWithLocation[];
}

export interface ParsedCell {
  readonly tree: ts.SourceFile;
  /** Syntax errors, in the order of the source. */
  readonly errors: readonly ts.DiagnosticWithLocation[];
}

/**
 * Parses a cell alone, as a module (so that `await` is a keyword). Alone, because an error at its end would otherwise be
 * blamed on whatever the compiler puts after it.
 */
export function parseCell(ts: TypeScript, source: string): ParsedCell {
  const tree = ts.createSourceFile(
    "cell.ts",
    source,
    {
      languageVersion: ts.ScriptTarget.ESNext,
      setExternalModuleIndicator: (file) => {
        (file as unknown as ParsedModule).externalModuleIndicator = true;
      },
    },
    true,
    ts.ScriptKind.TS,
  );
  return { tree, errors: (tree as unknown as ParsedModule).parseDiagnostics };
}
