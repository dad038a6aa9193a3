import { expect, test } from "vitest";
import { capture } from "../hooks/index.js";
import { Session } from "./session.js";
import { opt, ownRuntime, quiet, rows } from "./sessions.fixture.js";

ownRuntime();

/** Options as code that no compiler has seen may give them. */
const any = (given: unknown) => given as object;

test("a misspelt option is refused with the nearest, before anything starts", async () => {
  const message = 'Session.open has no option "device": nearest is devices';
  await expect(Session.open(opt, any({ ...quiet, device: 2 }))).rejects.toThrow(message);
  expect(await Session.list()).toEqual([]);
});

test("calls refuse what they have no option for, and hooks that are no list, and go on", async () => {
  const session = await Session.open(opt, quiet);
  const hooks = [capture("norm")];
  const calls: Record<string, [() => Promise<unknown>, string]> = {
    forward: [
      () => session.forward(rows, any({ hook: hooks })),
      'session.forward has no option "hook": nearest is hooks',
    ],
    list: [() => session.forward(rows, any(hooks)), "give an object, such as { hooks: … }"],
    one: [() => session.forward(rows, any({ hooks: hooks[0] })), "hooks are no list: give one"],
    estimate: [() => session.estimate(rows, any({ logit: "last" })), "nearest is logits"],
    generate: [() => session.generate(rows, any({ max_tokens: 3 })), "nearest is maxTokens"],
    score: [() => session.score(rows[0]!, rows, any({ seed: 3 })), 'session.score has no option "seed"'],
    prefix: [() => session.prefix(rows[0]!, any({ logits: "all" })), 'session.prefix has no option "logits"'],
    backward: [
      () => session.backward(rows, any(undefined) as never),
      "options of session.backward are undefined",
    ],
    ids: [
      () => session.forward(any(Int32Array.of(2, 5)) as number[]),
      "input is Int32Array: give token ids as a list",
    ],
  };
  for (const [call, message] of Object.values(calls)) await expect(call()).rejects.toThrow(message);
  const run = await session.forward(rows, { hooks });
  expect([...run.captures.keys()]).toEqual(["norm"]);
  await session.close();
});
