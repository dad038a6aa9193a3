import type ts from "typescript";
import type { Declaration } from "../declarations.js";
import { isInstantiated } from "../instantiated.js";
import type { TypeScript } from "../typescript.js";
import { lowerDeclaredFunction, lowerClass } from "./declared.js";
import { isValue, lowerDynamicImport, lowerImport, lowerReExport, type ImportLowering } from "./imports.js";
import { cellMeta } from "./meta.js";
import { isOutsideFunctions, type Renames } from "./rename.js";
import { assignments, identifier, target, type Rewriting } from "./targets.js";

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
    const resets = new Set<string>();

    const statement = (expression: ts.Expression, from: ts.Node): ts.Statement =>
      ts.setTextRange(ts.setOriginalNode(factory.createExpressionStatement(expression), from), from);

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
      if (ts.isVariableStatement(node) && isCellVar(node.declarationList))
        return assignments(to, node.declarationList, "leave").map((each) => statement(each, node));
      if (ts.isForStatement(node) && node.initializer && isCellVarList(node.initializer)) {
        const [first, ...rest] = assignments(to, node.initializer, "leave");
        const initializer = first && rest.reduce((left, right) => factory.createComma(left, right), first);
        const { condition, incrementor } = node;
        return factory.updateForStatement(
          node,
          initializer,
          condition && to.expression(condition),
          incrementor && to.expression(incrementor),
          ts.visitNode(node.statement, visit, ts.isStatement) ?? node.statement,
        );
      }
      if ((ts.isForOfStatement(node) || ts.isForInStatement(node)) && isCellVarList(node.initializer)) {
        const [declared] = node.initializer.declarations;
        const into = declared ? target(to, declared.name) : node.initializer;
        const over = to.expression(node.expression);
        const each = ts.visitNode(node.statement, visit, ts.isStatement) ?? node.statement;
        return ts.isForOfStatement(node)
          ? factory.updateForOfStatement(node, node.awaitModifier, into, over, each)
          : factory.updateForInStatement(node, into, over, each);
      }
      return ts.visitEachChild(node, visit, context);
    }

    function isCellVar(list: ts.VariableDeclarationList): boolean {
      if ((list.flags & ts.NodeFlags.BlockScoped) !== 0 || !isOutsideFunctions(ts, list)) return false;
      for (const each of list.declarations) addResets(each.name);
      return true;
    }

    function isCellVarList(node: ts.ForInitializer): node is ts.VariableDeclarationList {
      return ts.isVariableDeclarationList(node) && isCellVar(node);
    }

    /** A `var` that its own statement may not set is undefined from the cell's start, not what an earlier cell left. */
    function addResets(name: ts.BindingName): void {
      if (!ts.isIdentifier(name)) {
        for (const element of name.elements) if (ts.isBindingElement(element)) addResets(element.name);
      } else if (declarations.get(name.text)?.kind === "let") resets.add(identifier(to, name).text);
    }

    const isAmbient = (node: ts.Statement): boolean =>
      ts.canHaveModifiers(node) &&
      (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);

    function topLevel(node: ts.Statement): ts.Statement[] {
      if (isAmbient(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return [];
      if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
        const load = ts.isImportDeclaration(node) ? lowerImport(imports, node) : lowerReExport(imports, node);
        if (load) loads.push(statement(load, node));
        return [];
      }
      if (ts.isImportEqualsDeclaration(node)) return lowerAlias(node);
      if (ts.isExportAssignment(node)) return [statement(to.expression(node.expression), node)];
      if (ts.isVariableStatement(node)) return lowerVariables(node);
      if (ts.isFunctionDeclaration(node)) {
        if (!node.body) return [];
        const value = lowerDeclaredFunction(to, node, visit, context);
        if (!node.name) return [statement(value, node)];
        functions.push(statement(value, node));
        return [];
      }
      if (ts.isClassDeclaration(node)) return [statement(lowerClass(to, node, visit, context), node)];
      if (ts.isEnumDeclaration(node) || ts.isModuleDeclaration(node)) return lowerNamespace(node);
      const visited = ts.visitNode(node, visit);
      if (visited === undefined) return [];
      return (Array.isArray(visited) ? visited : [visited]) as ts.Statement[];
    }

    function lowerVariables(node: ts.VariableStatement): ts.Statement[] {
      const list = node.declarationList;
      if ((list.flags & ts.NodeFlags.Using) === 0) {
        const isVar = (list.flags & ts.NodeFlags.BlockScoped) === 0;
        if (isVar) for (const each of list.declarations) if (!each.initializer) addResets(each.name);
        return assignments(to, list, isVar ? "leave" : "reset").map((each) => statement(each, node));
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
      return [ts.setTextRange(ts.setOriginalNode(using, node), node)];
    }

    function lowerAlias(node: ts.ImportEqualsDeclaration): ts.Statement[] {
      const { moduleReference } = node;
      if (node.isTypeOnly || ts.isExternalModuleReference(moduleReference)) return [];
      if (!isValue(imports, node.name)) return [];
      const access = (name: ts.EntityName): ts.Expression =>
        ts.isIdentifier(name)
          ? identifier(to, name)
          : factory.createPropertyAccessExpression(access(name.left), name.right);
      const into = identifier(to, node.name);
      lowered.imported.add(into.text);
      return [statement(factory.createAssignment(into, access(moduleReference)), node)];
    }

    /** The compiler makes `var E; (function (E) {…})(E || (E = {}))`: what an earlier cell left must be gone by then. */
    function lowerNamespace(node: ts.EnumDeclaration | ts.ModuleDeclaration): ts.Statement[] {
      if (ts.isModuleDeclaration(node) && !isInstantiated(ts, node)) return [];
      if (!ts.isIdentifier(node.name)) return [];
      const visited = ts.visitEachChild(node, visit, context);
      const modifiers = visited.modifiers?.filter(({ kind }) => kind !== ts.SyntaxKind.ExportKeyword);
      const plain = ts.isEnumDeclaration(visited)
        ? factory.updateEnumDeclaration(visited, modifiers, visited.name, visited.members)
        : factory.updateModuleDeclaration(visited, modifiers, visited.name, visited.body);
      const declaration = declarations.get(node.name.text);
      const isFirst = declaration?.nodes[0] === undefined || samePosition(declaration.nodes, node.name);
      const name = identifier(to, node.name);
      const reset = factory.createAssignment(name, factory.createVoidZero());
      return isFirst ? [factory.createExpressionStatement(reset), plain] : [plain];
    }

    /** Declarations were found in a tree of the source alone, whose positions are the same. */
    function samePosition(nodes: readonly ts.Identifier[], name: ts.Identifier): boolean {
      return nodes[0]?.end === name.end;
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
    const undefinedVars = [...resets].map((name) =>
      factory.createExpressionStatement(
        factory.createAssignment(factory.createIdentifier(name), factory.createVoidZero()),
      ),
    );
    return factory.updateSourceFile(
      file,
      ts.setTextRange(
        factory.createNodeArray([...meta.declaration(), ...undefinedVars, ...functions, ...loads, ...body]),
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
