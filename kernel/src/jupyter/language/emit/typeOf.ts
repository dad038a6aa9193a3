import type ts from "typescript";
import { asker } from "../globalNames.js";
import { isTopLevelName } from "./rename.js";
import { identifier, type Rewriting } from "./targets.js";

/**
 * `typeof x` of a cell's name as `(__unset("x") ? "undefined" : typeof x)`: whether a cell got as far as a name is asked
 * so. Reading the name throws all the same. Undefined for what is no name of a cell.
 */
export function lowerTypeOf(
  to: Rewriting,
  checker: ts.TypeChecker,
  node: ts.TypeOfExpression,
): ts.Expression | undefined {
  const { ts, factory } = to;
  let named: ts.Expression = node.expression;
  while (
    ts.isParenthesizedExpression(named) ||
    ts.isAsExpression(named) ||
    ts.isSatisfiesExpression(named) ||
    ts.isNonNullExpression(named)
  )
    named = named.expression;
  if (!ts.isIdentifier(named)) return undefined;
  const declared = checker.getSymbolAtLocation(named)?.declarations ?? [];
  const isOfCells = declared.some((each) => {
    const name = ts.getNameOfDeclaration(each);
    return name !== undefined && ts.isIdentifier(name) && isTopLevelName(ts, name);
  });
  if (!isOfCells) return undefined;
  const name = identifier(to, named);
  const isUnset = factory.createCallExpression(factory.createIdentifier(asker), undefined, [
    factory.createStringLiteral(name.text),
  ]);
  return factory.createParenthesizedExpression(
    factory.createConditionalExpression(
      isUnset,
      undefined,
      factory.createStringLiteral("undefined"),
      undefined,
      factory.updateTypeOfExpression(node, name),
    ),
  );
}
