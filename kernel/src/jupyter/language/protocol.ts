/** What the supervisor asks of the language thread, and what it answers. Positions are UTF-16 offsets into `source`. */
export type LanguageRequest = { readonly id: number } & (
  | { readonly kind: "compile"; readonly cell: number; readonly source: string }
  /**
   * The cell ran (or was refused): keep or forget what it declared. Of a cell that failed only what it has reached takes the
   * place of earlier declarations.
   */
  | {
      readonly kind: "settle";
      readonly cell: number;
      readonly kept: boolean;
      readonly reached?: readonly string[] | undefined;
    }
  | { readonly kind: "complete"; readonly source: string; readonly offset: number }
  | { readonly kind: "inspect"; readonly source: string; readonly offset: number }
  | { readonly kind: "isComplete"; readonly source: string }
  /** The runner was restarted: forget all cells. */
  | { readonly kind: "reset" }
);

/** `workerData` of the language thread. */
export interface LanguageThreadData {
  /** The notebook's folder: cells resolve their imports from here. */
  readonly cwd: string;
  /** Root folder of the vitrail package: what the notebook's folder has not installed is resolved from here. */
  readonly kernelPackage: string;
}

export interface Diagnostic {
  /** One-based line and column in the cell. */
  readonly line: number;
  readonly column: number;
  readonly code: number;
  readonly message: string;
  /** The offending source line. */
  readonly excerpt: string;
}

/** A cell compiled to a script that `vm.runInThisContext` can run. */
export interface CompiledCell {
  /**
   * Every top-level name the cell assigns at run time; the runner declares those that are new with `let` in script
   * scope when the cell first sets them. A name that would hide a property of `globalThis` from libraries (`process`, `fetch`)
   * is declared, here and in the code of every cell, as `process$cell`; the user never sees that form.
   */
  readonly declares: readonly string[];
  /**
   * A JavaScript expression whose value is `(__import, __reached, __unset, __resumed) => result`: an async function if
   * `isAsync`, else a plain one, in strict mode. `__import(specifier: string, attributes?: Record<string, string>): Promise<unknown>` serves static and
   * dynamic imports alike; `attributes` are those of `with { … }` (`{ type: "json" }`), not wrapped in an options object.
   * `__reached(...names: string[])` is told the names, as the user wrote them, that are set as of now.
   * `__unset(name: string)` says whether a name of script scope is one that no cell has set and none is about to.
   * `__resumed(value)` gives back what was awaited, or throws when the cell was interrupted meanwhile.
   * The function returns the value of the last expression statement, and `undefined` where there is none.
   */
  readonly code: string;
  readonly isAsync: boolean;
  /** Whether the last statement was an expression whose value is the cell's result. */
  readonly hasResult: boolean;
  /** Source map (JSON, version 3) from `code` back to the cell. */
  readonly sourceMap: string;
  /** File name to run it under, `cell-N.ts`. */
  readonly file: string;
}

export interface CompletionItem {
  readonly text: string;
  /** A word for the kind: `function`, `instance`, `class`, `module`, `keyword`, `property`, `string`, … */
  readonly type: string;
}

export type LanguageReply = { readonly id: number } & (
  | { readonly kind: "compiled"; readonly cell: CompiledCell }
  | { readonly kind: "diagnostics"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "settled" }
  | {
      readonly kind: "completions";
      readonly items: readonly CompletionItem[];
      readonly start: number;
      readonly end: number;
    }
  | { readonly kind: "inspection"; readonly text: string | undefined; readonly documentation: string }
  | {
      readonly kind: "completeness";
      readonly status: "complete" | "incomplete" | "invalid";
      readonly indent: string;
    }
);
