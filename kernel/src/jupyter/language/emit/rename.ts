import type ts from "typescript";
import type { Declaration } from "../declarations.js";
import { runtimeName } from "../globalNames.js";
import type { TypeScript } from "../typescript.js";

/** Runtime names by identifier node; identifiers that keep their name are absent. */
export type Renames = ReadonlyMap<ts.Node, string>;

/**
 * Finds the identifiers of a cell's module that mean a top-level name which collides with a global: the cell's own, and
 * those that its tail brings from other cells.
 */
export function renamesOf(
  ts: TypeScript,
  checker: ts.TypeChecker,
  module: ts.SourceFile,
  declarations: ReadonlyMap<string, Declaration>,
  foreign: ReadonlySet<string>,
): Renames {
  const texts = new Set([...declarations.values()].filter(({ emitted }) => emitted).map(({ name }) => name));
  for (const name of foreign) texts.add(name);
  for (const name of texts) if (runtimeName(name) === name) texts.delete(name);
  const renames = new Map<ts.Node, string>();
  if (texts.size === 0) return renames;

  const sameText: ts.Identifier[] = [];
  const symbols = new Set<ts.Symbol>();
  const classes = new Map<ts.Symbol, ts.Node>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && texts.has(node.text)) {
      sameText.push(node);
      if (isTopLevelName(ts, node)) {
        const symbol = checker.getSymbolAtLocation(node);
        if (symbol) symbols.add(symbol);
        if (symbol && ts.isClassDeclaration(node.parent)) classes.set(symbol, node.parent);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(module);

  for (const node of sameText) {
    const symbol = ts.isShorthandPropertyAssignment(node.parent)
      ? checker.getShorthandAssignmentValueSymbol(node.parent)
      : checker.getSymbolAtLocation(node);
    if (!symbol || !symbols.has(symbol)) continue;
    // Inside its own body a class goes by the name of the class expression, which stays.
    const body = classes.get(symbol);
    if (body && node.parent !== body && node.pos >= body.pos && node.end <= body.end) continue;
    renames.set(node, runtimeName(node.text));
  }
  return renames;
}

/** Whether the identifier declares a name of the module's own scope. */
export function isTopLevelName(ts: TypeScript, node: ts.Identifier): boolean {
  let at: ts.Node = node.parent;
  if (ts.isImportSpecifier(at) || ts.isImportClause(at) || ts.isNamespaceImport(at)) return at.name === node;
  if (ts.isBindingElement(at) || ts.isVariableDeclaration(at)) {
    if (at.name !== node) return false;
    while (ts.isBindingElement(at) || ts.isBindingName(at)) at = at.parent;
    if (!ts.isVariableDeclaration(at) || !ts.isVariableDeclarationList(at.parent)) return false;
    const list = at.parent;
    if (ts.isVariableStatement(list.parent) && ts.isSourceFile(list.parent.parent)) return true;
    return (list.flags & ts.NodeFlags.BlockScoped) === 0 && isOutsideFunctions(ts, list);
  }
  return "name" in at && at.name === node && ts.isSourceFile(at.parent) && ts.isStatement(at);
}

export function isOutsideFunctions(ts: TypeScript, node: ts.Node): boolean {
  for (let at = node.parent; !ts.isSourceFile(at); at = at.parent)
    if (ts.isFunctionLike(at) || ts.isClassLike(at) || ts.isModuleDeclaration(at)) return false;
  return true;
}
