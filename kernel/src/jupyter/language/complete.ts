import type ts from "typescript";
import type { DeclarationKind } from "./declarations.js";
import type { Notebook } from "./notebook.js";
import type { CompletionItem } from "./protocol.js";

export interface Completions {
  readonly items: readonly CompletionItem[];
  /** The part of the source that any of the items replaces. */
  readonly start: number;
  readonly end: number;
}

/** The words that Jupyter's front ends have icons for, by the compiler's kinds; other kinds keep their own word. */
const words: Readonly<Record<string, string>> = {
  "local function": "function",
  method: "function",
  construct: "function",
  const: "instance",
  let: "instance",
  var: "instance",
  "local var": "instance",
  using: "instance",
  "await using": "instance",
  parameter: "instance",
  alias: "instance",
  "local class": "class",
  getter: "property",
  setter: "property",
  accessor: "property",
  "external module name": "module",
  directory: "path",
  script: "path",
  "primitive type": "type",
  "type parameter": "type",
};

const wordsOfCells: Readonly<Record<DeclarationKind, string>> = {
  let: "instance",
  const: "instance",
  function: "function",
  class: "class",
  enum: "enum",
  namespace: "module",
  import: "instance",
  type: "type",
};

/** Offered after the dot of anything iterable, whose dot it replaces: all members would be written with theirs. */
const symbolAccess = "[Symbol]";

const isWord = /[\p{ID_Continue}$]/u;

/** What may stand at the offset: members after a dot, names, keywords, members of a union of strings, module names. */
export function complete(notebook: Notebook, source: string, offset: number): Completions {
  const file = notebook.probe(source);
  const found = notebook.service.getCompletionsAtPosition(file, offset, {
    includeCompletionsWithInsertText: true,
    includeAutomaticOptionalChainCompletions: true,
  });
  let start = offset;
  while (start > 0 && isWord.test(source[start - 1] ?? "")) start--;
  if (!found) return { items: [], start: offset, end: offset };
  const word = found.optionalReplacementSpan;
  if (word) start = word.start;
  const end = Math.max(offset, word ? word.start + word.length : offset);

  const entries = found.entries
    .filter(({ kind, insertText }) => kind !== "warning" && insertText !== symbolAccess)
    .map((entry) => ({ entry, span: entry.replacementSpan ?? { start, length: end - start } }))
    .filter(({ entry, span }) => matches(entry.filterText ?? entry.name, source.slice(span.start, offset)))
    .toSorted((left, right) => byRelevance(left.entry, right.entry));
  // One range serves all items, so what an item does not replace itself is written again.
  const from = Math.min(...entries.map(({ span }) => span.start), offset);
  const to = Math.max(...entries.map(({ span }) => span.start + span.length), offset);
  const items = entries.map(({ entry, span }) => ({
    text:
      source.slice(from, span.start) +
      (entry.insertText ?? entry.name) +
      source.slice(span.start + span.length, to),
    type: typeWord(notebook, entry),
  }));
  return { items: unique(items), start: from, end: to };
}

/** A name of another cell may be an alias to the compiler; the cell that declared it knows what it is. */
function typeWord(notebook: Notebook, entry: ts.CompletionEntry): string {
  const origin = entry.kind === "alias" ? notebook.originOf(entry.name) : undefined;
  return origin ? wordsOfCells[origin.kind] : (words[entry.kind] ?? entry.kind);
}

/** Front ends differ in whether they filter, so it is done here: by the letters typed, whatever their case. */
function matches(name: string, typed: string): boolean {
  const start = typed.replace(/^(?:\?\.|\.|["'`])/, "");
  return name.toLowerCase().startsWith(start.toLowerCase());
}

function byRelevance(left: ts.CompletionEntry, right: ts.CompletionEntry): number {
  if (left.sortText !== right.sortText) return left.sortText < right.sortText ? -1 : 1;
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}

function unique(items: readonly CompletionItem[]): CompletionItem[] {
  return [...new Map(items.map((item) => [item.text, item])).values()];
}
