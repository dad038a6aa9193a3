import type ts from "typescript";
import type { DeclarationKind } from "./declarations.js";
import type { Diagnostic } from "./protocol.js";
import type { TypeScript } from "./typescript.js";

/**
 * Complaints of `noImplicitAny`, which is on for what it infers only. Codes from 7005 to 7061 are its own, but for four
 * about control flow.
 */
function isAboutImplicitAny({ code }: ts.Diagnostic): boolean {
  return code >= 7005 && code <= 7061 && !(code >= 7027 && code <= 7030);
}

/** A compiler's error in the coordinates of the cell. Positions after the source are at its end. */
export function toDiagnostic(
  ts: TypeScript,
  source: string,
  error: Pick<ts.DiagnosticWithLocation, "start" | "code" | "messageText">,
): Diagnostic {
  const start = Math.min(error.start, source.length);
  const before = source.slice(0, start).split(/\r\n|[\n\r\u2028\u2029]/);
  const line = before.length;
  return {
    line,
    column: (before.at(-1) ?? "").length + 1,
    code: error.code,
    message: withoutModulePaths(ts.flattenDiagnosticMessageText(error.messageText, "\n")),
    excerpt: source.split(/\r\n|[\n\r\u2028\u2029]/)[line - 1] ?? "",
  };
}

/** Cells are modules only to the compiler: the user reads the names alone. */
export function withoutModulePaths(text: string): string {
  return text
    .replaceAll(/(?:typeof )?import\("[^"]*\/__(?:cell|probe)_?\d*"\)\.?/g, "")
    .replaceAll("__own_", "");
}

/** What the compiler says about assigning to a name that is not a variable, by what it is in its own cell. */
const notAssignable: Partial<Record<DeclarationKind, readonly [code: number, because: string]>> = {
  const: [2588, "a constant"],
  enum: [2628, "an enum"],
  class: [2629, "a class"],
  function: [2630, "a function"],
  namespace: [2631, "a namespace"],
};

/**
 * Type errors of a cell's module that lie in its source and are the user's. `kindOf` tells what a name of an earlier
 * cell is there: to the compiler such a name may be an import, to which nothing can be assigned.
 */
export function errorsOf(
  ts: TypeScript,
  service: ts.LanguageService,
  file: string,
  source: string,
  kindOf: (name: string) => DeclarationKind | undefined,
): Diagnostic[] {
  const found = [...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)];
  return found.flatMap((error) => {
    const { start, length = 0 } = error;
    if (error.category !== ts.DiagnosticCategory.Error || start === undefined || start >= source.length)
      return [];
    if (isAboutImplicitAny(error)) return [];
    const diagnostic = toDiagnostic(ts, source, { ...error, start });
    if (error.code !== 2632) return [diagnostic];
    const name = source.slice(start, start + length);
    const kind = kindOf(name);
    if (kind === "let") return [];
    const [code, because] = (kind && notAssignable[kind]) ?? [2632, "an import"];
    return [{ ...diagnostic, code, message: `Cannot assign to '${name}' because it is ${because}.` }];
  });
}
