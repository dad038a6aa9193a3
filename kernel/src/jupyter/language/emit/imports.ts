import type ts from "typescript";
import { importer } from "../globalNames.js";
import { identifier, type Rewriting } from "./targets.js";

/** Static imports as awaited calls of the runner's import; what only names types vanishes. */
export interface ImportLowering {
  readonly to: Rewriting;
  readonly checker: ts.TypeChecker;
  /** Runtime names that imports assign. */
  readonly assigned: Set<string>;
}

/** `({ default: d, a: b } = await __import("x"))`; undefined when the import names types only. */
export function lowerImport(lowering: ImportLowering, node: ts.ImportDeclaration): ts.Expression | undefined {
  const { to } = lowering;
  const { ts, factory } = to;
  const clause = node.importClause;
  const load = awaitedImport(lowering, node.moduleSpecifier, node.attributes);
  if (!clause) return load;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return undefined;
  const name = clause.name && isValue(lowering, clause.name) ? clause.name : undefined;
  const bindings = clause.namedBindings;

  if (bindings && ts.isNamespaceImport(bindings)) {
    const whole = isValue(lowering, bindings.name)
      ? factory.createAssignment(assign(lowering, bindings.name), load)
      : undefined;
    if (!name) return whole;
    const from = whole
      ? factory.createParenthesizedExpression(whole)
      : factory.createParenthesizedExpression(load);
    return factory.createAssignment(
      assign(lowering, name),
      factory.createPropertyAccessExpression(from, "default"),
    );
  }

  const properties: ts.PropertyAssignment[] = [];
  if (name) properties.push(factory.createPropertyAssignment("default", assign(lowering, name)));
  for (const each of bindings?.elements ?? []) {
    if (each.isTypeOnly || !isValue(lowering, each.name)) continue;
    const property = each.propertyName ?? each.name;
    properties.push(
      factory.createPropertyAssignment(
        ts.isStringLiteral(property) ? property : factory.createIdentifier(property.text),
        assign(lowering, each.name),
      ),
    );
  }
  const namesNothing = !clause.name && bindings !== undefined && bindings.elements.length === 0;
  if (namesNothing) return load;
  return properties.length === 0
    ? undefined
    : factory.createAssignment(factory.createObjectLiteralExpression(properties), load);
}

/** A re-export binds no name in the cell: it only loads its module, unless it names types only. */
export function lowerReExport(
  lowering: ImportLowering,
  node: ts.ExportDeclaration,
): ts.Expression | undefined {
  const { ts } = lowering.to;
  if (!node.moduleSpecifier || node.isTypeOnly) return undefined;
  const named = node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause : undefined;
  if (
    named?.elements.length &&
    named.elements.every((each) => each.isTypeOnly || !isValue(lowering, each.name))
  )
    return undefined;
  return awaitedImport(lowering, node.moduleSpecifier, node.attributes);
}

/** `import(x, { with: a })` as `__import(x, a)`. */
export function lowerDynamicImport(
  { ts, factory, expression }: Rewriting,
  node: ts.CallExpression,
): ts.Expression {
  const [specifier, options] = node.arguments;
  if (!specifier) return node;
  // import() turns its argument into a string: a URL object may be given.
  const text = ts.isStringLiteralLike(specifier)
    ? specifier
    : factory.createTemplateExpression(factory.createTemplateHead(""), [
        factory.createTemplateSpan(expression(specifier), factory.createTemplateTail("")),
      ]);
  const attributes = options
    ? [
        factory.createPropertyAccessChain(
          factory.createParenthesizedExpression(expression(options)),
          factory.createToken(ts.SyntaxKind.QuestionDotToken),
          "with",
        ),
      ]
    : [];
  return factory.createCallExpression(factory.createIdentifier(importer), undefined, [text, ...attributes]);
}

function awaitedImport(
  { to: { ts, factory } }: ImportLowering,
  specifier: ts.Expression,
  attributes: ts.ImportAttributes | undefined,
): ts.Expression {
  const given = attributes?.elements.map(({ name, value }) =>
    factory.createPropertyAssignment(
      ts.isStringLiteral(name) ? name : factory.createIdentifier(name.text),
      value,
    ),
  );
  return factory.createAwaitExpression(
    factory.createCallExpression(factory.createIdentifier(importer), undefined, [
      specifier,
      ...(given ? [factory.createObjectLiteralExpression(given)] : []),
    ]),
  );
}

function assign({ to, assigned }: ImportLowering, name: ts.Identifier): ts.Identifier {
  const into = identifier(to, name);
  assigned.add(into.text);
  return into;
}

/** Whether an imported name is (also) a value. A namespace of types alone has no module to load. */
export function isValue({ to: { ts }, checker }: ImportLowering, name: ts.Node): boolean {
  const symbol = checker.getSymbolAtLocation(name);
  if (!symbol) return true;
  const aliased = (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
  if ((aliased.flags & ts.SymbolFlags.Value) === 0) return false;
  const declaration = aliased.declarations?.[0];
  if (!declaration || !ts.isSourceFile(declaration) || !declaration.isDeclarationFile) return true;
  const exports = checker.getExportsOfModule(aliased);
  return (
    exports.length === 0 ||
    exports.some((each) => {
      const target = (each.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(each) : each;
      return (target.flags & ts.SymbolFlags.Value) !== 0;
    })
  );
}
