import type ts from "typescript";
import type { TypeScript } from "../typescript.js";

export interface Settled {
  isAsync: boolean;
}

/** A name the compiler makes up keeps, until it is printed, the text of the name it is like. */
function isInvented(name: ts.Identifier): boolean {
  return (name as { emitNode?: { autoGenerate?: unknown } }).emitNode?.autoGenerate !== undefined;
}

/**
 * After the compiler's own steps: the `var` that it puts before enums and namespaces goes, because their names live in
 * script scope; so does the `export {}` of an otherwise empty module. Finds out whether the body awaits.
 */
export function settle(
  ts: TypeScript,
  scriptScope: ReadonlySet<string>,
  settled: Settled,
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const { factory } = context;

    function visit(node: ts.Node): ts.Node | undefined {
      if (ts.isFunctionLike(node)) return node;
      if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier))
        settled.isAsync = true;
      if (ts.isExportDeclaration(node)) return undefined;
      if (ts.isVariableStatement(node) && (node.declarationList.flags & ts.NodeFlags.BlockScoped) === 0) {
        const kept = node.declarationList.declarations.filter(
          ({ name, initializer }) =>
            initializer || !ts.isIdentifier(name) || isInvented(name) || !scriptScope.has(name.text),
        );
        if (kept.length === 0) return undefined;
        if (kept.length < node.declarationList.declarations.length)
          return factory.updateVariableStatement(
            node,
            node.modifiers,
            factory.updateVariableDeclarationList(node.declarationList, kept),
          );
      }
      return ts.visitEachChild(node, visit, context);
    }

    return ts.visitEachChild(file, visit, context);
  };
}
