/** What the supervisor asks of the language thread, and what it answers. Positions are UTF-16 offsets into `source`. */
export type LanguageRequest = { readonly id: number } & (
  | { readonly kind: "compile"; readonly cell: number; readonly source: string }
  /** The cell ran (or was refused): keep or forget what it declared. */
  | { readonly kind: "settle"; readonly cell: number; readonly kept: boolean }
  | { readonly kind: "complete"; readonly source: string; readonly offset: number }
  | { readonly kind: "inspect"; readonly source: string; readonly offset: number }
  | { readonly kind: "isComplete"; readonly source: string }
  /** The runner was restarted: forget all cells. */
  | { readonly kind: "reset" }
);

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
  /** Top-level names the cell declares; the runner declares the new ones once with `let` in script scope. */
  readonly declares: readonly string[];
  /** A function expression `(async) (__import, __exports…) => {…}`; see `compile.ts` for its exact form. Returns the last expression. */
  readonly code: string;
  readonly isAsync: boolean;
  /** Whether the last statement was an expression whose value is the cell's result. */
  readonly hasResult: boolean;
  /** Source map (JSON) from `code` back to the cell. */
  readonly sourceMap: string;
  /** File name to run it under, `cell-N.ts`. */
  readonly file: string;
}

export interface CompletionItem {
  readonly text: string;
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
