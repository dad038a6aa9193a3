import type ts from "typescript";
import { resumer } from "../globalNames.js";
import type { TypeScript } from "../typescript.js";
import type { Rewriting } from "./targets.js";

/**
 * Has a loop pass through the runner whenever it goes on after an await: `__resumed(await x)`, and `__resumed()` first in the
 * body of a `for await`. Only so can it end a loop of a cell that was interrupted while it waited. Other awaits stay as they
 * are: a function without a loop may be sent elsewhere as its text, to a worker or a browser's page, where no runner is.
 */
export function resumedAfter(to: Rewriting, awaited: ts.AwaitExpression): ts.Expression {
  return to.ts.setTextRange(resumed(to, [awaited]), awaited);
}

export function resumedInBody(to: Rewriting, loop: ts.ForOfStatement): ts.Statement {
  const { factory } = to;
  return factory.updateForOfStatement(
    loop,
    loop.awaitModifier,
    loop.initializer,
    loop.expression,
    factory.createBlock([factory.createExpressionStatement(resumed(to, [])), loop.statement], true),
  );
}

function resumed({ factory }: Rewriting, values: ts.Expression[]): ts.CallExpression {
  return factory.createCallExpression(factory.createIdentifier(resumer), undefined, values);
}

/** Whether a node runs again with a loop of its own function, or of the cell. */
export function isInLoop(ts: TypeScript, node: ts.Node): boolean {
  for (let at = node.parent; at !== undefined && !ts.isFunctionLike(at); at = at.parent)
    if (ts.isIterationStatement(at, false)) return true;
  return false;
}
