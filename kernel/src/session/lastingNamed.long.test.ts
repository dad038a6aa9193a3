import { expect, test } from "vitest";
import { add, capture, edit, mean, scale, zero } from "../hooks/index.js";
import type { Hook } from "../hooks/index.js";
import { Session } from "./session.js";
import { opt, ownRuntime, quiet, rows } from "./sessions.fixture.js";

ownRuntime();

const pattern = "layers.0.attention.pattern";

test("what a lasting hook does not allow is said with its name, and of a call's own without", async () => {
  const session = await Session.open(opt, quiet);
  const prefix = await session.prefix([2, 5]);
  const score = (hooks: Hook[] = []) => session.score([2, 5], [[9, 11]], { hooks });
  const generate = (hooks: Hook[] = []) => session.generate([2, 5], { maxTokens: 2, stream: false, hooks });
  const after = (hooks: Hook[] = []) => session.forward(rows, { after: prefix, hooks });
  const listed = (hooks: Hook[] = []) => session.forward(rows, { logits: [[0], [1]], hooks });
  const cases = [
    [score, edit("layers.1.residual.out[position=0]", zero()), /positions cannot be chosen in a score/],
    [score, edit(`${pattern}[key=0]`, zero()), /keys cannot be chosen in a score/],
    [generate, edit(`${pattern}[key=0]`, zero()), /keys cannot be chosen in a generation/],
    [generate, capture(`${pattern}[key=0]`), /keys cannot be chosen in a generation/],
    [generate, edit(pattern, mean(["key"])), /mean at layers.*: keys cannot be counted in a generation/],
    [after, edit(`${pattern}[key=0]`, zero()), /keys cannot be chosen after a prefix/],
    [after, capture(`${pattern}[key=0]`), /keys cannot be chosen after a prefix/],
    [listed, edit("logits", scale(2)), /^(lasting hook "mine": )?logits at listed positions: a hook on the/],
    [listed, capture("logits"), /^(lasting hook "mine": )?logits at listed positions: a hook on the/],
  ] as const;
  for (const [call, hook, why] of cases) {
    await call();
    const own = await call([hook]).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
    expect(own).toMatch(why);
    expect(own).not.toContain("lasting");
    session.hooks.add(hook, { name: "mine" });
    await expect(call()).rejects.toThrow(`lasting hook "mine": ${own}`);
    session.hooks.remove("mine");
  }
  await session.close();
});

test("a prefix, which returns no captures, refuses its own and leaves lasting ones to what goes on from it", async () => {
  const session = await Session.open(opt, quiet);
  await expect(session.prefix([2, 5], { hooks: [capture("norm")] })).rejects.toThrow(
    'capture "norm" in a prefix, which returns none: use forward',
  );
  session.hooks.add([capture("norm"), edit("layers.0.residual.out", add(0.5))]);
  const prefix = await session.prefix([2, 5]);
  const run = await session.forward([[9]], { after: prefix });
  expect([...run.captures.keys()]).toEqual(["norm"]);
  const bare = await session.forward([[9]], {
    after: await session.prefix([2, 5], { groups: [] }),
    groups: [],
  });
  expect(run.logits!.data).not.toEqual(bare.logits!.data);
  expect((await session.verify(run)).verdict).toBe("supported");
  await session.close();
});
