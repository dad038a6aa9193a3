import type ts from "typescript";
import type { TypeScript } from "./typescript.js";

/** Whether a namespace exists when the cell runs: it holds more than types, at any depth. */
export function isInstantiated(ts: TypeScript, node: ts.ModuleDeclaration): boolean {
  const { body } = node;
  if (!body) return true;
  if (ts.isModuleDeclaration(body)) return isInstantiated(ts, body);
  if (!ts.isModuleBlock(body)) return true;
  return body.statements.some(
    (statement) =>
      !ts.isInterfaceDeclaration(statement) &&
      !ts.isTypeAliasDeclaration(statement) &&
      (!ts.isModuleDeclaration(statement) || isInstantiated(ts, statement)),
  );
}
