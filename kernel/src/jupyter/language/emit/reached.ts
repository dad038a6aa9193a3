import type ts from "typescript";
import type { Declaration } from "../declarations.js";
import { reacher } from "../globalNames.js";
import type { TypeScript } from "../typescript.js";

/** Has a cell tell which of its names it has set, so that one that fails takes no earlier declaration's place before. */
export class Reached {
  readonly #ts: TypeScript;
  readonly #factory: ts.NodeFactory;
  readonly #declarations: readonly Declaration[];
  /** Names that are set, to undefined, when the cell begins. */
  readonly #reset: ReadonlySet<string>;

  constructor(
    ts: TypeScript,
    factory: ts.NodeFactory,
    declarations: Iterable<Declaration>,
    reset: ReadonlySet<string>,
  ) {
    this.#ts = ts;
    this.#factory = factory;
    this.#declarations = [...declarations].filter(({ emitted }) => emitted);
    this.#reset = reset;
  }

  /** What is to follow a statement or a declarator. */
  after(node: ts.Node): ts.Statement[] {
    // The declarations come from a tree of the source alone, whose positions are the same.
    const within = ({ nodes }: Declaration) =>
      nodes.some(({ pos, end }) => pos >= node.pos && end <= node.end);
    return this.#told(this.#declarations.filter((each) => within(each) && !this.#reset.has(each.name)));
  }

  /** What is to come first. */
  first(): ts.Statement[] {
    return this.#told(this.#declarations.filter(({ name }) => this.#reset.has(name)));
  }

  #told(declarations: readonly Declaration[]): ts.Statement[] {
    if (declarations.length === 0) return [];
    const names = declarations.map(({ name }) => this.#factory.createStringLiteral(name));
    const call = this.#factory.createCallExpression(
      this.#factory.createIdentifier(reacher),
      undefined,
      names,
    );
    return [
      this.#ts.setEmitFlags(this.#factory.createExpressionStatement(call), this.#ts.EmitFlags.NoComments),
    ];
  }
}
