import type ts from "typescript";
import type { Declaration } from "../declarations.js";
import { isOutsideFunctions } from "./rename.js";
import { assignments, expressionStatement, identifier, target, type Rewriting } from "./targets.js";

/** The `var`s of a cell, which belong to the whole of it however deep in blocks they stand. */
export class CellVars {
  readonly #to: Rewriting;
  readonly #declarations: ReadonlyMap<string, Declaration>;
  readonly #unset = new Set<string>();
  /** Those that `resets` sets, as the user wrote them. */
  readonly names = new Set<string>();

  constructor(to: Rewriting, declarations: ReadonlyMap<string, Declaration>) {
    this.#to = to;
    this.#declarations = declarations;
  }

  /** A nested statement without its `var`; undefined when it declares none. */
  lower(node: ts.Node, visit: ts.Visitor): ts.VisitResult<ts.Node> | undefined {
    const { ts, factory } = this.#to;
    const { expression } = this.#to;
    const body = (each: ts.Statement) => ts.visitNode(each, visit, ts.isStatement) ?? each;
    if (ts.isVariableStatement(node) && this.#take(node.declarationList)) {
      const set = assignments(this.#to, node.declarationList, "leave");
      return set.map((each) => expressionStatement(this.#to, each, node));
    }
    if (ts.isForStatement(node) && node.initializer && this.#take(node.initializer)) {
      const [first, ...rest] = assignments(this.#to, node.initializer, "leave");
      return factory.updateForStatement(
        node,
        first && rest.reduce((left, right) => factory.createComma(left, right), first),
        node.condition && expression(node.condition),
        node.incrementor && expression(node.incrementor),
        body(node.statement),
      );
    }
    if ((ts.isForOfStatement(node) || ts.isForInStatement(node)) && this.#take(node.initializer)) {
      const [declared] = node.initializer.declarations;
      const into = declared ? target(this.#to, declared.name) : node.initializer;
      const over = expression(node.expression);
      return ts.isForOfStatement(node)
        ? factory.updateForOfStatement(node, node.awaitModifier, into, over, body(node.statement))
        : factory.updateForInStatement(node, into, over, body(node.statement));
    }
    return undefined;
  }

  /** Notes the names of a top-level `var` that it does not set; false for `let` and `const`. */
  addUnset(list: ts.VariableDeclarationList): boolean {
    if ((list.flags & this.#to.ts.NodeFlags.BlockScoped) !== 0) return false;
    for (const { name, initializer } of list.declarations) if (!initializer) this.#add(name);
    return true;
  }

  /** A `var` that its own statement may not set is undefined from the cell's start, not what an earlier cell left. */
  resets(): ts.Statement[] {
    const { factory } = this.#to;
    return [...this.#unset].map((name) =>
      factory.createExpressionStatement(
        factory.createAssignment(factory.createIdentifier(name), factory.createVoidZero()),
      ),
    );
  }

  #take(node: ts.ForInitializer): node is ts.VariableDeclarationList {
    const { ts } = this.#to;
    if (!ts.isVariableDeclarationList(node)) return false;
    if ((node.flags & ts.NodeFlags.BlockScoped) !== 0 || !isOutsideFunctions(ts, node)) return false;
    for (const { name } of node.declarations) this.#add(name);
    return true;
  }

  #add(name: ts.BindingName): void {
    const { ts } = this.#to;
    if (!ts.isIdentifier(name)) {
      for (const element of name.elements) if (ts.isBindingElement(element)) this.#add(element.name);
    } else if (this.#declarations.get(name.text)?.kind === "let") {
      this.#unset.add(identifier(this.#to, name).text);
      this.names.add(name.text);
    }
  }
}
