import type ts from "typescript";
import { identifier, underName, type Rewriting } from "./targets.js";

/**
 * A declared function as `f = function () {…}`: nameless, so that a recursive call finds the name in script scope, as a
 * declaration's would; the assignment names it.
 */
export function lowerDeclaredFunction(
  to: Rewriting,
  node: ts.FunctionDeclaration,
  visit: ts.Visitor,
  context: ts.TransformationContext,
): ts.Expression {
  const { ts, factory } = to;
  const visited = ts.visitEachChild(node, visit, context);
  const value = factory.createFunctionExpression(
    visited.modifiers?.filter((each) => each.kind === ts.SyntaxKind.AsyncKeyword),
    visited.asteriskToken,
    undefined,
    visited.typeParameters,
    visited.parameters,
    visited.type,
    visited.body ?? factory.createBlock([]),
  );
  ts.setTextRange(value, node);
  if (!node.name) return value;
  const name = identifier(to, node.name);
  return factory.createAssignment(name, name === node.name ? value : underName(to, node.name.text, value));
}

/** A declared class as `C = class C {…}`, whose inner name is the one a declaration's body sees too. */
export function lowerClass(
  to: Rewriting,
  node: ts.ClassDeclaration,
  visit: ts.Visitor,
  context: ts.TransformationContext,
): ts.Expression {
  const { ts, factory } = to;
  const visited = ts.visitEachChild(node, visit, context);
  const value = factory.createClassExpression(
    visited.modifiers?.filter((each) => ts.isDecorator(each)),
    node.name,
    visited.typeParameters,
    visited.heritageClauses,
    visited.members,
  );
  ts.setTextRange(value, node);
  return node.name ? factory.createAssignment(identifier(to, node.name), value) : value;
}
