import { expect, test } from "vitest";
import { edit, traced } from "../../hooks/index.js";
import { Session } from "../../session/session.js";
import { opt, ownRuntime, quiet } from "../../session/sessions.fixture.js";
import { classifyByPrompt, evaluatePrompt } from "./evaluate.js";

ownRuntime();

const long = { ids: Array.from({ length: 28 }, (_, i) => 10 + 3 * i) };
const words = [[7, { ids: [11, 12] }], [long]];
const rows = [
  { text: [2, 5, 6, 7], label: 1 },
  { text: [2, 9, 30], label: 0 },
  { text: [2, 40], label: 1 },
];

// All numbers are transformers' OPT in float64 on this checkpoint: words' log-probabilities summed over their tokens, then
// torch.logsumexp over a class's words, log_softmax over classes, and nll_loss.
test("a class too unlikely for a float has its loss, and is calibrated, as torch has it", async () => {
  const session = await Session.open(opt, quiet);
  const { loss, accuracy } = await evaluatePrompt(session, undefined, rows, { words });
  expect(loss).toBeCloseTo(123.371697, 3);
  expect(accuracy).toBe(1 / 3);

  const calibrate = [[2, 9], [2]];
  const texts = rows.map(({ text }) => text);
  const said = await classifyByPrompt(session, undefined, texts, { words, calibrate });
  const truth = [0.00335727, 0.06431633, 0.05145818];
  said.forEach(([first, second], i) => {
    expect(second).toBeCloseTo(truth[i]!, 5);
    expect(first! + second!).toBeCloseTo(1, 12);
  });
  expect((await evaluatePrompt(session, undefined, rows, { words, calibrate })).loss).toBeCloseTo(2.91003, 4);
  await session.close();
});

test("a word that an edit bans adds nothing to its class, as torch.logsumexp has it, wherever it stands", async () => {
  const session = await Session.open(opt, quiet);
  const texts = rows.map(({ text }) => text);
  const asked = (of: (number | number[])[]) => classifyByPrompt(session, undefined, texts, { words: of });
  const alone = await asked([9, 11]);
  session.hooks.add(
    edit(
      "logits[token=7]",
      traced((x) => x.zeros().add(1).div(0).neg()),
    ),
  );
  expect(await asked([[7, 9], 11])).toEqual(alone);
  expect(await asked([[9, 7], 11])).toEqual(alone);
  expect(await asked([7, 11])).toEqual(texts.map(() => [0, 1]));
  await session.close();
});
