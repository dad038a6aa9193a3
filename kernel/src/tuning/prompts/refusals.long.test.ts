import { expect, test } from "vitest";
import { bundleOf } from "../../display/index.js";
import { Session } from "../../session/session.js";
import { opt, ownRuntime, quiet } from "../../session/sessions.fixture.js";
import { everydaySentences } from "../datasets/everyday.js";
import { fitTunedLens } from "../modules/tunedLens.js";
import { classifyByPrompt, evaluatePrompt, nearestTokens, tune, tuneGrid } from "./index.js";

ownRuntime();

const words = [3, 4];
const rows = [
  { text: [7, 8], label: 0 },
  { text: [9, 5], label: 1 },
];
const data = { train: rows, validation: rows, test: rows };
/** As code that no compiler has seen would call it. */
const wrong = (options: unknown) => options as never;

type Case = readonly [call: (session: Session) => Promise<unknown>, message: string];

const cases: readonly Case[] = [
  [
    (s) => tune(s, rows, { words, optimiser: wrong({ kind: "adamW", weightDcay: 1 }) }),
    'optimiser adamW has no option "weightDcay": nearest is weightDecay',
  ],
  [
    (s) => tune(s, rows, { words, optimiser: wrong({ kind: "adamX" }) }),
    'optimiser "adamX": choose sgd, adam, adamW, adafactor',
  ],
  [
    (s) => tune(s, rows, { words, schedule: wrong({ kind: "linar", warmup: 1 }) }),
    'schedule "linar": choose constant, linear, cosine',
  ],
  [
    (s) => tune(s, wrong({ train: rows, valdation: rows }), { words }),
    'data has no part "valdation": nearest is validation',
  ],
  [(s) => tune(s, wrong(["a"]), { words }), 'row 0 is "a": give { text, label }'],
  [(s) => tune(s, rows, wrong({})), "words undefined: give a list"],
  [
    (s) => classifyByPrompt(s, undefined, [[7]], wrong({ words, calibrat: ["N/A"] })),
    'classifyByPrompt has no option "calibrat": nearest is calibrate',
  ],
  [
    (s) => classifyByPrompt(s, undefined, [[7]], { words, calibrate: wrong("N/A") }),
    "calibrate: give one or more texts without content, such as N/A",
  ],
  [(s) => tune(s, rows, { words, learningRate: wrong("0.1") }), "learningRate 0.1: must be 0 or above"],
  [(s) => tune(s, rows, { words, init: "text" }), 'init "text" needs a text with tokens'],
  [(s) => tune(s, rows, { words, init: "text", text: " " }), 'init "text" needs a text with tokens'],
  [(s) => tune(s, rows, { words, from: wrong({}) }), "no soft prompt: give the `prompt` of what tune"],
  [(s) => tune(s, rows, { words, shuffle: wrong("no") }), 'shuffle "no": must be true or false'],
  [(s) => classifyByPrompt(s, undefined, wrong("ab"), { words }), "texts are string: give a list of them"],
  [
    (s) => tuneGrid(s, data, wrong({ words, seeds: [0], learningRate: [1] })),
    'tuneGrid has no option "learningRate": nearest is learningRates',
  ],
  [(s) => tuneGrid(s, data, wrong({ words, seeds: 3 })), "seeds 3: give a list, such as [0, 1]"],
  [
    (s) => tuneGrid(s, data, { words, seeds: [0], select: wrong({ best: 1 }) }),
    'select {"best":1}: choose "all", "published" or { keep: n }',
  ],
  [(s) => tuneGrid(s, wrong({ train: rows, validation: rows }), { words, seeds: [0] }), "no rows to test on"],
  [
    (s) => tuneGrid(s, { ...data, train: wrong(everydaySentences("train")) }, { words, seeds: [0] }),
    "rows to tune on: an object that has a list of rows: give its .rows",
  ],
  [
    (s) => tune(s, wrong(everydaySentences("train")), { words }),
    "data: an object that has a list of rows: give its .rows",
  ],
  [
    (s) => evaluatePrompt(s, undefined, wrong(everydaySentences("train")), { words }),
    "rows to evaluate a prompt on: an object that has a list of rows: give its .rows",
  ],
  [
    (s) => tune(s, [rows[0]!, { text: [9], label: wrong("1") }], { words }),
    'rows to tune on: row 1 has label "1", which is text: give a number, by Number(…)',
  ],
  [
    (s) => evaluatePrompt(s, undefined, [{ text: [9], label: wrong("1") }], { words }),
    'row 0 has label "1", which is text: give a number, by Number(…)',
  ],
  [
    (s) => tune(s, rows, { words: wrong([null, 4]) }),
    "label word null: give a text, a token id, or { ids: [3, 4] }",
  ],
  [
    (s) => tune(s, rows, { words: wrong([3, { id: [3] }]) }),
    'label word {"id":[3]}: give a text, a token id',
  ],
  [(s) => fitTunedLens(s, { rows: wrong(["a text"]) }), 'rows 0 is "a text": give token ids'],
  [(s) => nearestTokens(s, wrong({})), "no soft prompt: give the `prompt` of what tune"],
];

test("what no compiler has seen is refused in one line that names it and the nearest choice", async () => {
  const session = await Session.open(opt, quiet);
  for (const [call, message] of cases) {
    const error = await call(session).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message, message).toContain(message);
    expect(error?.message).not.toContain("\n");
  }
  await session.close();
});

test("a grid, the tokens near a prompt and labelled texts show as tables of what they hold", async () => {
  const session = await Session.open(opt, quiet);
  const text = (value: unknown) => String(bundleOf(value).data["text/plain"]);
  const measure = () => ({ gap: 0.25 });
  const settings = { words, epochs: 1, tokens: [1], quiet: true, select: { keep: 1 }, measure } as const;
  const grid = await tuneGrid(session, data, { ...settings, seeds: [4, 5] });
  const lines = text(grid).split("\n");
  expect(lines[0]).toMatch(/^2 of 2 runs, 1 kept by keep 1; mean validation accuracy .* gap 0\.25/);
  expect(lines[1]).toMatch(/^seed +tokens +learning rate .* gap +kept$/);
  expect(lines.slice(3).map((line) => line.trim().split(/ {2,}/)[0])).toEqual(["4", "5"]);

  const { prompt } = grid.runs[0]!.tuned;
  const near = await nearestTokens(session, prompt, 2);
  expect(text(near)).toContain(near[0]![1]!.text ?? `token ${near[0]![1]!.id}`);
  expect(text(near).split("\n")).toHaveLength(4);
  await expect(nearestTokens(session, prompt, 0)).rejects.toThrow(/^0 nearest tokens: give 1 to \d+$/);

  expect(text(everydaySentences("train"))).toContain("60 texts");
  expect(text(everydaySentences("train"))).toMatch(/\n2 positive +20 +\S/);
  await session.close();
});
