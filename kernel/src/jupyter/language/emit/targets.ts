import type ts from "typescript";
import type { TypeScript } from "../typescript.js";
import type { Renames } from "./rename.js";

/** What a rewriting step needs: the compiler, its factory, and the visitor for the expressions inside. */
export interface Rewriting {
  readonly ts: TypeScript;
  readonly factory: ts.NodeFactory;
  readonly renames: Renames;
  expression(node: ts.Expression): ts.Expression;
}

export function identifier({ factory, renames }: Rewriting, node: ts.Identifier): ts.Identifier {
  const name = renames.get(node);
  return name === undefined ? node : factory.createIdentifier(name);
}

/** A declared pattern as an assignment target: `{ a, b: [c = 1], ...rest }` stays what it is, as an expression. */
export function target(to: Rewriting, name: ts.BindingName): ts.Expression {
  const { ts, factory } = to;
  if (ts.isIdentifier(name)) return identifier(to, name);
  if (ts.isArrayBindingPattern(name))
    return factory.createArrayLiteralExpression(
      name.elements.map((element) => {
        if (ts.isOmittedExpression(element)) return element;
        if (element.dotDotDotToken) return factory.createSpreadElement(target(to, element.name));
        return withDefault(to, element);
      }),
    );
  return factory.createObjectLiteralExpression(
    name.elements.map((element) => {
      if (element.dotDotDotToken) return factory.createSpreadAssignment(target(to, element.name));
      const property = element.propertyName ?? element.name;
      if (ts.isObjectBindingPattern(property) || ts.isArrayBindingPattern(property))
        throw new Error("an object pattern without a property name");
      return factory.createPropertyAssignment(propertyName(to, property), withDefault(to, element));
    }),
  );
}

function withDefault(to: Rewriting, { name, initializer }: ts.BindingElement): ts.Expression {
  const into = target(to, name);
  return initializer ? to.factory.createAssignment(into, named(to, name, initializer)) : into;
}

function propertyName(to: Rewriting, name: ts.PropertyName): ts.PropertyName {
  const { ts, factory } = to;
  if (ts.isComputedPropertyName(name))
    return factory.createComputedPropertyName(to.expression(name.expression));
  return ts.isIdentifier(name) ? factory.createIdentifier(name.text) : name;
}

/** An initialiser; a nameless function that is assigned to a renamed variable still gets the name the user wrote. */
function named(to: Rewriting, name: ts.BindingName, initializer: ts.Expression): ts.Expression {
  const { ts } = to;
  const value = to.expression(initializer);
  if (!ts.isIdentifier(name) || !to.renames.has(name)) return value;
  const nameless =
    ts.isArrowFunction(value) ||
    ((ts.isFunctionExpression(value) || ts.isClassExpression(value)) && !value.name);
  return nameless ? underName(to, name.text, value) : value;
}

/** `{ fetch: value }.fetch`, whose nameless function is called `fetch`. */
export function underName({ factory }: Rewriting, name: string, value: ts.Expression): ts.Expression {
  const holder = factory.createObjectLiteralExpression([factory.createPropertyAssignment(name, value)]);
  return factory.createPropertyAccessExpression(factory.createParenthesizedExpression(holder), name);
}

/** `target = initializer`, one for each declarator that sets something. */
export function assignments(
  to: Rewriting,
  list: ts.VariableDeclarationList,
  unset: "reset" | "leave",
): ts.Expression[] {
  const { ts, factory } = to;
  return list.declarations.flatMap((each) => {
    if (!each.initializer && unset === "leave") return [];
    const value = each.initializer ? named(to, each.name, each.initializer) : factory.createVoidZero();
    const assignment = factory.createAssignment(target(to, each.name), value);
    return [ts.setTextRange(ts.setOriginalNode(assignment, each), each)];
  });
}

/** An expression in the place of the statement `from`. */
export function expressionStatement(
  { ts, factory }: Rewriting,
  expression: ts.Expression,
  from: ts.Node,
): ts.Statement {
  return ts.setTextRange(ts.setOriginalNode(factory.createExpressionStatement(expression), from), from);
}
