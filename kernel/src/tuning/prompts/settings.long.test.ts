import { expect, test } from "vitest";
import { Session } from "../../session/session.js";
import { opt, ownRuntime, quiet } from "../../session/sessions.fixture.js";
import { classifyByPrompt, evaluatePrompt } from "./evaluate.js";
import { tuneGrid } from "./grid.js";
import type { GridData, GridOptions } from "./gridTypes.js";
import { tune } from "./tune.js";
import type { TuneOptions, TuningData } from "./types.js";

ownRuntime();

const rows = [
  { text: [2, 5], label: 0 },
  { text: [2, 7], label: 1 },
];

/** Counts what a session runs, which is refused. */
function counted(session: Session): { ran: number } {
  const count = { ran: 0 };
  for (const name of ["forward", "backward", "prefix"] as const)
    session[name] = () => {
      count.ran += 1;
      throw new Error(`${name} ran`);
    };
  return count;
}

const messageOf = (made: Promise<unknown>) =>
  made.then(
    () => "nothing",
    (error: Error) => error.message,
  );

test("what does not fit is refused in one lower-case line with its value, and nothing runs", async () => {
  const session = await Session.open(opt, quiet);
  const count = counted(session);
  const refused = async (more: Partial<TuneOptions>, said: string, data: TuningData = rows) => {
    const message = await messageOf(tune(session, data, { words: [7, 11], quiet: true, ...more }));
    expect(message).toContain(said);
    expect(message).toMatch(/^[a-z][^\n]*$/);
  };
  await refused({ epoch: 3 } as object, 'tune has no option "epoch": nearest is epochs');
  await refused({ learningRate: NaN }, "learningRate NaN: must be 0 or above");
  await refused({ learningRate: -1 }, "learningRate -1: must be 0 or above");
  await refused({ learningRate: "relative" }, 'learningRate "relative": adamW has none');
  await refused(
    { learningRate: "relative", optimiser: { kind: "adafactor" }, schedule: { kind: "linear" } },
    'schedule {"kind":"linear"}, and learningRate "relative"',
  );
  await refused({ optimiser: { kind: "adamW", betas: [1, 0.9] } }, "betas[0] 1: must be from 0 to below 1");
  await refused({ epochs: 0 }, "epochs 0: must be 1 or more");
  await refused({ epochs: 1.5 }, "epochs 1.5: must be 1 or more");
  await refused({ totalEpochs: NaN }, "totalEpochs NaN: must be 1 or more");
  await refused({ batch: 0 }, "batch 0: must be 1 or more");
  await refused({ accumulate: NaN }, "accumulate NaN: must be 1 or more");
  await refused({ clip: 0 }, "clip 0: must be above 0");
  await refused({ seed: -1 }, "seed -1: must be a whole number from 0 to 4294967295");
  await refused({ tokens: 0 }, "prompt of 0 tokens: give 1 or more");
  await refused({ init: "random", deviation: NaN }, "deviation NaN: must be 0 or above");
  await refused(
    { schedule: { kind: "linear", warmup: 9 } },
    "warmup 9: must be a whole number of the 5 steps",
  );
  await refused({ patience: 0 }, "patience 0: must be 1 epoch or more");
  await refused({ patience: 2 }, "patience 2 without rows to validate by");
  await refused({ words: ["", 7] }, 'label word "" has no tokens');
  const { maxPositions } = session.dimensions;
  await refused(
    { tokens: maxPositions - 1 },
    `train text 0 of 2 tokens, with ${maxPositions - 1} of prompt and label words: the model reads at most ${maxPositions}`,
  );
  await refused({}, "no rows to tune on", []);
  await refused({}, "no rows to validate by: leave validation out", { train: rows, validation: [] });
  const odd = [{ text: [2], label: 2 }];
  await refused({}, "row 0 has label 2: there are words of 2 classes", { train: rows, validation: odd });
  const long = [rows[0]!, { text: Array.from({ length: maxPositions }, () => 5), label: 0 }];
  await refused({}, `validation text 1 of ${maxPositions} tokens`, { train: rows, validation: long });
  await refused({}, "train text 1: empty input", [rows[0]!, { text: [], label: 0 }]);
  await refused({}, "train text 0: token id 100000 is outside the vocabulary", [
    { text: [100_000], label: 0 },
  ]);
  await expect(evaluatePrompt(session, undefined, odd, { words: [7, 11] })).rejects.toThrow(
    "row 0 has label 2: there are words of 2 classes",
  );
  await expect(evaluatePrompt(session, undefined, [], { words: [7, 11] })).rejects.toThrow(
    "no rows to evaluate a prompt on",
  );
  await expect(classifyByPrompt(session, undefined, [[2]], { words: [7, 11], batch: NaN })).rejects.toThrow(
    "batch NaN: must be 1 or more",
  );
  expect(count.ran).toBe(0);
  await session.close();
});

test("a grid refuses in one line, before its first run, what would not fit its last", async () => {
  const session = await Session.open(opt, quiet);
  const count = counted(session);
  const data = { train: rows, validation: rows, test: rows };
  const refused = async (more: Partial<GridOptions>, said: string, other: GridData = data) => {
    const message = await messageOf(
      tuneGrid(session, other, { words: [7, 11], quiet: true, seeds: [0, 1], ...more }),
    );
    expect(message).toContain(said);
    expect(message).toMatch(/^[a-z][^\n]*$/);
  };
  await refused({ seeds: [] }, "seeds: give one or more");
  await refused({ seeds: [3, 4, 3] }, "seeds: 3 stands twice, and would be the same run");
  await refused({ seeds: [0, 1.5] }, "seed 1.5: must be a whole number");
  await refused({ learningRates: [0.1, NaN] }, "learningRate NaN: must be 0 or above");
  await refused({ tokens: [8, 0] }, "prompt of 0 tokens: give 1 or more");
  const { maxPositions } = session.dimensions;
  await refused({ tokens: [2, maxPositions] }, `with ${maxPositions} of prompt and label words`);
  await refused({ epochs: 0 }, "epochs 0: must be 1 or more");
  await refused({ words: ["", 7] }, 'label word "" has no tokens');
  await refused({ select: { keep: 3 } }, "a rule that keeps 3 of 2 runs");
  await refused({}, "no rows to validate by", { ...data, validation: [] });
  await refused({}, "no rows to test on", { ...data, test: [] });
  await refused({}, "row 0 has label 7: there are words of 2 classes", {
    ...data,
    test: [{ text: [2], label: 7 }],
  });
  await refused({}, "test text 0: empty input", { ...data, test: [{ text: [], label: 0 }] });
  expect(count.ran).toBe(0);
  await session.close();
});
