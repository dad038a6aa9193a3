import { join } from "node:path";
import { expect, test } from "vitest";
import { Session } from "../session/session.js";
import { opt, ownRuntime, quiet } from "../session/sessions.fixture.js";
import { directLogitAttribution } from "./index.js";

ownRuntime();

const ids = [5, 9, 20, 33, 41];
const metric = { correct: 17, wrong: 23 };
const sum = (of: readonly number[]) => of.reduce((so, x) => so + x, 0);

test("where the config removes the final norm, the head reads the stream, and the parts add up to the logits", async () => {
  const session = await Session.open(join(opt, "../opt-untied"), quiet);
  const { logits } = await session.forward(ids, { logits: "last" });
  const whole = logits!.data[metric.correct]! - logits!.data[metric.wrong]!;
  const found = await directLogitAttribution(session, ids, { metric });
  expect(found.whole).toBeCloseTo(whole, 4);
  expect(found.constant).toBe(0);
  const parts = [found.embedding, ...found.heads.flat(), ...found.biases, ...found.mlps];
  expect(sum(parts)).toBeCloseTo(whole, 4);
  expect(Math.abs(whole)).toBeGreaterThan(1e-2);
});

test("a stream that is normed behind each sum is refused", async () => {
  const session = await Session.open(join(opt, "../opt-350m"), quiet);
  await expect(directLogitAttribution(session, ids, { metric })).rejects.toThrow(
    /^direct attribution: the residual stream is off the sum of what is written into it by .*, it is not a plain sum$/,
  );
});
