import type { Diagnostic } from "../language/protocol.js";
import type { Failure } from "../runner/protocol.js";

/** Type errors that kept a cell from running, printed like the compiler does. */
export function refusal(cell: number, diagnostics: readonly Diagnostic[]): Failure {
  const printed = diagnostics.map(({ line, column, code, message, excerpt }) => {
    const margin = `${line} `;
    return [
      `cell-${cell}.ts:${line}:${column} - error TS${code}: ${message}`,
      "",
      `${margin}${excerpt}`,
      `${" ".repeat(margin.length + column - 1)}~`,
    ].join("\n");
  });
  const first = diagnostics[0];
  return {
    ename: "TypeScript",
    evalue: first
      ? `TS${first.code}: ${first.message} (line ${first.line}, column ${first.column})`
      : "the cell does not compile",
    traceback: printed,
  };
}
