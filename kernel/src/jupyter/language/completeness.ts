import type ts from "typescript";
import { parseCell } from "./parse.js";
import type { TypeScript } from "./typescript.js";

export interface Completeness {
  readonly status: "complete" | "incomplete" | "invalid";
  /** Indent of the next line, when incomplete. */
  readonly indent: string;
}

/** A string and a regular expression end with their line: no further line can mend them. */
const unterminatedInLine = new Set([1002, 1161]);

/** Whether the source can run as it stands, may become right with more lines, or cannot. */
export function completeness(ts: TypeScript, source: string): Completeness {
  const { tree, errors } = parseCell(ts, source);
  const [first] = errors.toSorted((left, right) => left.start - right.start);
  if (!first)
    return lacksBody(ts, tree) || endsInComma(ts, tree)
      ? incomplete(source)
      : { status: "complete", indent: "" };
  const wantsMore = first.start >= lastTokenEnd(tree, source) && !unterminatedInLine.has(first.code);
  return wantsMore ? incomplete(source) : { status: "invalid", indent: "" };
}

/** A function head alone parses, as an overload without its implementation. */
function lacksBody(ts: TypeScript, tree: ts.SourceFile): boolean {
  const last = tree.statements.at(-1);
  if (!last || !ts.isFunctionDeclaration(last) || last.body) return false;
  return (
    !last.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) &&
    !last.getText().endsWith(";")
  );
}

/** A list of declarators whose next has still to come parses: the comma is refused by the checker only. */
function endsInComma(ts: TypeScript, tree: ts.SourceFile): boolean {
  const last = tree.statements.at(-1);
  return last !== undefined && ts.isVariableStatement(last) && last.getText().endsWith(",");
}

/** Where white space and comments take over; the whole length inside an unfinished comment or template. */
function lastTokenEnd(tree: ts.SourceFile, source: string): number {
  const end = tree.endOfFileToken.getFullStart();
  return Math.min(end, source.trimEnd().length);
}

function incomplete(source: string): Completeness {
  const line = source.trimEnd().split("\n").at(-1) ?? "";
  const [indent = ""] = /^[ \t]*/.exec(line) ?? [];
  const opens = /(?:[{([=]|=>)$/.test(line.trimEnd());
  return { status: "incomplete", indent: opens ? `${indent}  ` : indent };
}
