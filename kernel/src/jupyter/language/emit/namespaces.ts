import type ts from "typescript";
import type { Declaration } from "../declarations.js";
import { isInstantiated } from "../instantiated.js";
import { isValue, type ImportLowering } from "./imports.js";
import { identifier, type Rewriting } from "./targets.js";

/**
 * An enum or namespace, whose rest the compiler does: it makes `var E; (function (E) {…})(E || (E = {}))`, so what an
 * earlier cell left under the name must be gone by then.
 */
export function lowerNamespace(
  to: Rewriting,
  node: ts.EnumDeclaration | ts.ModuleDeclaration,
  declarations: ReadonlyMap<string, Declaration>,
  visit: ts.Visitor,
  context: ts.TransformationContext,
): ts.Statement[] {
  const { ts, factory } = to;
  if (ts.isModuleDeclaration(node) && !isInstantiated(ts, node)) return [];
  if (!ts.isIdentifier(node.name)) return [];
  const visited = ts.visitEachChild(node, visit, context);
  const modifiers = visited.modifiers?.filter(({ kind }) => kind !== ts.SyntaxKind.ExportKeyword);
  const plain = ts.isEnumDeclaration(visited)
    ? factory.updateEnumDeclaration(visited, modifiers, visited.name, visited.members)
    : factory.updateModuleDeclaration(visited, modifiers, visited.name, visited.body);
  // The declarations come from a tree of the source alone, whose positions are the same.
  const isFirst = declarations.get(node.name.text)?.nodes[0]?.end === node.name.end;
  const reset = factory.createAssignment(identifier(to, node.name), factory.createVoidZero());
  return isFirst ? [factory.createExpressionStatement(reset), plain] : [plain];
}

/** `import A = B.C` as `A = B.C`; undefined when it names a type. */
export function lowerAlias(
  imports: ImportLowering,
  node: ts.ImportEqualsDeclaration,
): ts.Expression | undefined {
  const { to } = imports;
  const { ts, factory } = to;
  const { moduleReference } = node;
  if (node.isTypeOnly || ts.isExternalModuleReference(moduleReference)) return undefined;
  if (!isValue(imports, node.name)) return undefined;
  const access = (name: ts.EntityName): ts.Expression =>
    ts.isIdentifier(name)
      ? identifier(to, name)
      : factory.createPropertyAccessExpression(access(name.left), name.right);
  const into = identifier(to, node.name);
  imports.assigned.add(into.text);
  return factory.createAssignment(into, access(moduleReference));
}
