import type ts from "typescript";
import type { Declaration } from "../declarations.js";
import type { TypeScript } from "../typescript.js";
import { isInLoop, resumedAfter, resumedInBody } from "./awaits.js";
import { CellVars } from "./cellVars.js";
import { lowerDeclaredFunction, lowerClass } from "./declared.js";
import { lowerDynamicImport, lowerImport, lowerReExport, type ImportLowering } from "./imports.js";
import { cellMeta } from "./meta.js";
import { lowerAlias, lowerNamespace } from "./namespaces.js";
import { Reached } from "./reached.js";
import type { Renames } from "./rename.js";
import { assignments, identifier, expressionStatement, type Rewriting } from "./targets.js";
import { lowerTypeOf } from "./typeOf.js";

export interface CellToLower {
  readonly ts: TypeScript;
  readonly checker: ts.TypeChecker;
  /** Length of the user's source: what follows it is the tail. */
  readonly length: number;
  readonly declarations: ReadonlyMap<string, Declaration>;
  readonly renames: Renames;
  /** Full path that `import.meta` shows. */
  readonly path: string;
}

/** What lowering found out. */
export interface Lowered {
  readonly imported: Set<string>;
  hasResult: boolean;
}

/**
 * Rewrites a cell's module into the statements of a function body, before the compiler's own steps: declarations
 * become assignments to script-scope names (functions first, then imports), the last expression is returned, and
 * type-only statements vanish. Enums and namespaces stay for the compiler; `settle.ts` finishes them.
 */
export function lower(cell: CellToLower, lowered: Lowered): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const { ts, checker, declarations, renames } = cell;
    const { factory } = context;
    const meta = cellMeta(ts, factory, cell.path);
    const to: Rewriting = {
      ts,
      factory,
      renames,
      expression: (node) => ts.visitNode(node, visit) as ts.Expression,
    };
    const imports: ImportLowering = { to, checker, assigned: lowered.imported };
    const functions: ts.Statement[] = [];
    const loads: ts.Statement[] = [];
    const body: ts.Statement[] = [];
    const vars = new CellVars(to, declarations);
    const reached = new Reached(ts, factory, declarations.values(), vars.names);

    const statement = (expression: ts.Expression, from: ts.Node) => expressionStatement(to, expression, from);

    /** Inside statements: names, imports, and the `var`s that belong to the whole cell. */
    function visit(node: ts.Node): ts.VisitResult<ts.Node | undefined> {
      if (ts.isIdentifier(node)) return identifier(to, node);
      if (ts.isShorthandPropertyAssignment(node) && renames.has(node.name)) {
        const name = identifier(to, node.name);
        const initial = node.objectAssignmentInitializer;
        return factory.createPropertyAssignment(
          node.name.text,
          initial ? factory.createAssignment(name, to.expression(initial)) : name,
        );
      }
      if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
        return lowerDynamicImport(to, node);
      if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) return meta.use();
      const asked = ts.isTypeOfExpression(node) && lowerTypeOf(to, checker, node);
      if (asked) return asked;
      const visited = vars.lower(node, visit) ?? ts.visitEachChild(node, visit, context);
      if (Array.isArray(visited)) return visited;
      const one = visited as ts.Node;
      if (ts.isAwaitExpression(one) && isInLoop(ts, node)) return resumedAfter(to, one);
      return ts.isForOfStatement(one) && one.awaitModifier ? resumedInBody(to, one) : one;
    }

    const isAmbient = (node: ts.Statement): boolean =>
      ts.canHaveModifiers(node) &&
      (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);

    function topLevel(node: ts.Statement): ts.Statement[] {
      if (isAmbient(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return [];
      if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
        const load = ts.isImportDeclaration(node) ? lowerImport(imports, node) : lowerReExport(imports, node);
        if (load) loads.push(statement(load, node));
        loads.push(...reached.after(node));
        return [];
      }
      if (ts.isImportEqualsDeclaration(node)) {
        const alias = lowerAlias(imports, node);
        return alias ? [statement(alias, node), ...reached.after(node)] : [];
      }
      if (ts.isExportAssignment(node)) return [statement(to.expression(node.expression), node)];
      if (ts.isVariableStatement(node)) return lowerVariables(node);
      if (ts.isFunctionDeclaration(node)) {
        if (!node.body) return [];
        const value = lowerDeclaredFunction(to, node, visit, context);
        if (!node.name) return [statement(value, node)];
        functions.push(statement(value, node), ...reached.after(node));
        return [];
      }
      if (ts.isClassDeclaration(node))
        return [statement(lowerClass(to, node, visit, context), node), ...reached.after(node)];
      if (ts.isEnumDeclaration(node) || ts.isModuleDeclaration(node))
        return [...lowerNamespace(to, node, declarations, visit, context), ...reached.after(node)];
      const visited = ts.visitNode(node, visit);
      if (visited === undefined) return [];
      return (Array.isArray(visited) ? visited : [visited]) as ts.Statement[];
    }

    function lowerVariables(node: ts.VariableStatement): ts.Statement[] {
      const list = node.declarationList;
      if ((list.flags & ts.NodeFlags.Using) === 0) {
        const unset = vars.addUnset(list) ? "leave" : "reset";
        return assignments(to, list, unset).flatMap((each) => [
          statement(each, node),
          ...reached.after(ts.getOriginalNode(each)),
        ]);
      }
      // The cell is the scope that disposes; the name itself is shared like any other.
      const held = assignments(to, list, "leave").map((each) =>
        factory.createVariableDeclaration(factory.createUniqueName("held"), undefined, undefined, each),
      );
      const flags = list.flags & ts.NodeFlags.AwaitUsing;
      const using = factory.createVariableStatement(
        undefined,
        factory.createVariableDeclarationList(held, flags),
      );
      return [ts.setTextRange(ts.setOriginalNode(using, node), node), ...reached.after(node)];
    }

    const statements = file.statements.filter((node) => node.getStart(file) < cell.length);
    for (const node of statements) body.push(...topLevel(node));

    const last = statements.findLast((node) => !ts.isEmptyStatement(node));
    const result = body.findLast((node) => !ts.isEmptyStatement(node));
    if (last && result && isExpression(ts, last) && ts.isExpressionStatement(result)) {
      const returned = factory.createReturnStatement(result.expression);
      body[body.lastIndexOf(result)] = ts.setTextRange(ts.setOriginalNode(returned, last), last);
      lowered.hasResult = true;
    }
    return factory.updateSourceFile(
      file,
      ts.setTextRange(
        factory.createNodeArray([
          ...meta.declaration(),
          ...vars.resets(),
          ...reached.first(),
          ...functions,
          ...loads,
          ...body,
        ]),
        file.statements,
      ),
    );
  };
}

/** Whether a statement's value is the cell's result when it is the last. */
function isExpression(ts: TypeScript, node: ts.Statement): boolean {
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) return node.name === undefined;
  return ts.isExpressionStatement(node) || ts.isExportAssignment(node);
}
