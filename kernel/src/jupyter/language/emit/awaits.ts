import type ts from "typescript";
import { resumer } from "../globalNames.js";
import type { Rewriting } from "./targets.js";

/**
 * Has code pass through the runner whenever it goes on after an await: `__resumed(await x)`, and `__resumed()` first in the
 * body of a `for await`. Only so can it end the code of a cell that was interrupted while it waited.
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
