import type ts from "typescript";
import { isInstantiated } from "./instantiated.js";
import type { TypeScript } from "./typescript.js";

export type DeclarationKind =
  "let" | "const" | "function" | "class" | "enum" | "namespace" | "import" | "type";

/** What a cell's declarations of one top-level name amount to. */
export interface Declaration {
  readonly name: string;
  /** Kind of the first declaration that makes it a value; `type` where none does. */
  kind: DeclarationKind;
  /** Names a value, names a type. An import may be either: only the checker knows. */
  value: boolean;
  type: boolean;
  /** Whether it exists when the cell runs: `declare` makes values that do not. */
  emitted: boolean;
  readonly nodes: ts.Identifier[];
}

type Found = Pick<Declaration, "kind" | "value" | "type">;

const meaning: Record<DeclarationKind, Found> = {
  let: { kind: "let", value: true, type: false },
  const: { kind: "const", value: true, type: false },
  function: { kind: "function", value: true, type: false },
  class: { kind: "class", value: true, type: true },
  enum: { kind: "enum", value: true, type: true },
  namespace: { kind: "namespace", value: true, type: true },
  import: { kind: "import", value: true, type: true },
  type: { kind: "type", value: false, type: true },
};

/** Top-level names of a cell, `var` in nested blocks included, as its syntax alone tells. */
export function declarationsOf(ts: TypeScript, tree: ts.SourceFile): Map<string, Declaration> {
  const found = new Map<string, Declaration>();

  function add(node: ts.Identifier, kind: DeclarationKind, ambient: boolean): void {
    const is = meaning[kind];
    const known = found.get(node.text);
    if (!known) {
      found.set(node.text, { name: node.text, ...is, emitted: is.value && !ambient, nodes: [node] });
      return;
    }
    if (!known.value) known.kind = is.kind;
    known.value ||= is.value;
    known.type ||= is.type;
    known.emitted ||= is.value && !ambient;
    known.nodes.push(node);
  }

  function addBinding(name: ts.BindingName, kind: DeclarationKind, ambient: boolean): void {
    if (ts.isIdentifier(name)) return add(name, kind, ambient);
    for (const element of name.elements)
      if (ts.isBindingElement(element)) addBinding(element.name, kind, ambient);
  }

  function addVariables(list: ts.VariableDeclarationList, ambient: boolean): void {
    // `Using` is one bit and `AwaitUsing` is that bit with `Const`.
    const fixed = (list.flags & (ts.NodeFlags.Const | ts.NodeFlags.Using)) !== 0;
    for (const { name } of list.declarations) addBinding(name, fixed ? "const" : "let", ambient);
  }

  function addImport(node: ts.ImportDeclaration): void {
    const clause = node.importClause;
    if (!clause) return;
    const all = clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
    if (clause.name) add(clause.name, all ? "type" : "import", false);
    const bindings = clause.namedBindings;
    if (!bindings) return;
    if (ts.isNamespaceImport(bindings)) return add(bindings.name, all ? "type" : "import", false);
    for (const each of bindings.elements) add(each.name, all || each.isTypeOnly ? "type" : "import", false);
  }

  /** `var` belongs to the whole cell, however deep in blocks it stands. */
  function addNestedVars(node: ts.Node): void {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node)) return;
    if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0)
      addVariables(node, false);
    ts.forEachChild(node, addNestedVars);
  }

  for (const statement of tree.statements) {
    const ambient =
      ts.canHaveModifiers(statement) &&
      (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);
    if (ts.isVariableStatement(statement)) addVariables(statement.declarationList, ambient);
    else if (ts.isFunctionDeclaration(statement)) {
      if (statement.name) add(statement.name, "function", ambient);
    } else if (ts.isClassDeclaration(statement)) {
      if (statement.name) add(statement.name, "class", ambient);
    } else if (ts.isEnumDeclaration(statement)) add(statement.name, "enum", ambient);
    else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
      add(statement.name, "type", ambient);
    else if (ts.isModuleDeclaration(statement)) {
      if (ts.isIdentifier(statement.name) && (statement.flags & ts.NodeFlags.GlobalAugmentation) === 0)
        add(statement.name, isInstantiated(ts, statement) ? "namespace" : "type", ambient);
    } else if (ts.isImportDeclaration(statement)) addImport(statement);
    else if (ts.isImportEqualsDeclaration(statement))
      add(statement.name, statement.isTypeOnly ? "type" : "import", false);
    else addNestedVars(statement);
  }
  return found;
}

/** Every identifier text in a cell: a superset of the names it uses from other cells. */
export function identifiersOf(ts: TypeScript, tree: ts.SourceFile): Set<string> {
  const texts = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) texts.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return texts;
}
