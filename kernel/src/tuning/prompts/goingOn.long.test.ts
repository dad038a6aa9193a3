import { expect, test } from "vitest";
import { Session } from "../../session/session.js";
import { gpt2, opt, ownRuntime, quiet } from "../../session/sessions.fixture.js";
import { globalNorm } from "../optimisers/clip.js";
import { evaluatePrompt } from "./evaluate.js";
import { initialPrompt } from "./initial.js";
import { tune } from "./tune.js";
import type { Tuned, TuneOptions, TuningData } from "./types.js";

ownRuntime();

const rows = Array.from({ length: 11 }, (_, i) => ({ text: [2, 5 + i, 30 - i, 9 + 2 * i], label: i % 2 }));
const opposite = rows.slice(0, 4).map(({ text, label }) => ({ text, label: 1 - label }));
/** Six steps an epoch, the last of one row. */
const options: TuneOptions = { words: [7, 11], tokens: 3, batch: 1, accumulate: 2, quiet: true };

/** A tuning that is interrupted as a step of its own begins, or as the rows to validate by are read for the n-th time. */
async function interrupted(
  session: Session,
  data: TuningData,
  how: TuneOptions,
  at: { readonly step: number } | { readonly look: number },
): Promise<Tuned> {
  const stop = new AbortController();
  const { backward, prefix } = session;
  let [passes, looks] = [0, 0];
  session.backward = (...call) => {
    // Steps of two rows in passes of one, but for the sixth and last.
    if ("step" in at && passes++ === 2 * at.step - Math.floor(at.step / 6)) stop.abort();
    return backward.apply(session, call);
  };
  session.prefix = (...call) => {
    if ("look" in at && looks++ === at.look) stop.abort();
    return prefix.apply(session, call);
  };
  try {
    return await tune(session, data, { ...how, signal: stop.signal });
  } finally {
    [session.backward, session.prefix] = [backward, prefix];
  }
}

/** All that a tuning found, but for how many calls it took. */
const told = ({ prompt, steps, epochs, best, stopped, last, provenance }: Tuned) => [
  [prompt, steps, epochs, best, stopped, provenance.call],
  [last.prompt, last.optimiser, last.best],
];

test("a tuning that was interrupted and went on gives, bit by bit, what it gives without", async () => {
  const session = await Session.open(opt, quiet);
  const data = { train: rows, validation: rows.slice(2, 7) };
  const schedule = { kind: "linear", warmup: 3 } as const;
  const how = { ...options, seed: 5, learningRate: 0.05, clip: 1, schedule, totalEpochs: 3 };
  const whole = await tune(session, data, { ...how, epochs: 3 });
  expect(whole.steps).toHaveLength(18);
  expect(new Set(whole.steps.slice(6, 12).map(({ loss }) => loss)).size).toBe(6);
  // The schedule goes by steps: the first of a warm-up stands still, the second moves.
  const start = await initialPrompt(session, 3, 5);
  const [still, moved] = whole.steps.map(({ promptNorm }) => promptNorm);
  expect(still).toBe(globalNorm([start.data]));
  expect(moved).not.toBe(still);
  for (const [at, steps, ended] of [
    [{ step: 2 }, 2, 0],
    [{ step: 10 }, 10, 1],
    [{ step: 12 }, 12, 2],
    [{ look: 1 }, 12, 1],
  ] as const) {
    const begun = await interrupted(session, data, { ...how, epochs: 3 }, at);
    expect([begun.stopped, begun.steps.length, begun.epochs.length]).toEqual(["interrupted", steps, ended]);
    const gone = await tune(session, data, { ...how, epochs: 3 - ended, from: begun.last });
    expect(told(gone)).toEqual(told(whole));
  }
  // Again and again, and when what is left to do is to validate.
  const first = await interrupted(session, data, { ...how, epochs: 3 }, { step: 1 });
  const second = await interrupted(session, data, { ...how, epochs: 3, from: first.last }, { step: 3 });
  const third = await interrupted(session, data, { ...how, epochs: 3, from: second.last }, { look: 2 });
  expect([third.steps.length, third.epochs.length, third.stopped]).toEqual([18, 2, "interrupted"]);
  expect(told(await tune(session, data, { ...how, epochs: 1, from: third.last }))).toEqual(told(whole));
  await session.close();
});

test("a bad epoch after going on leaves the best of before", async () => {
  const session = await Session.open(opt, quiet);
  const data = { train: rows, validation: rows };
  const good = await tune(session, data, { ...options, learningRate: 0.05, epochs: 4 });
  const best = good.epochs[good.best!]!.validation!;
  const wild = { ...options, optimiser: { kind: "sgd" }, learningRate: 1000 } as const;
  const { prompt, optimiser } = good.last;
  const course = { ...good.last.course, optimiser: { kind: "sgd", learningRate: 1000 } } as const;
  const from = { ...good.last, course, optimiser: { ...optimiser, kind: "sgd", tensors: [] } } as const;
  const gone = await tune(session, data, { ...wild, epochs: 1, from });
  expect(gone.epochs).toHaveLength(5);
  expect(gone.epochs[4]!.validation!.loss).toBeGreaterThan(best.loss + 0.1);
  expect(gone.best).toBe(good.best);
  expect(gone.prompt).toEqual(good.prompt);
  expect(await evaluatePrompt(session, gone.prompt, rows, { words: options.words, batch: 1 })).toEqual(best);
  // A tuning that begins anew with the prompt knows of no better one.
  const anew = await tune(session, data, { ...wild, epochs: 1, from: { prompt } });
  expect([anew.best, anew.epochs.length]).toEqual([0, 1]);
  await session.close();
});

test("patience goes on, and is refused once it is spent", async () => {
  const session = await Session.open(opt, quiet);
  const data = { train: rows, validation: opposite };
  const still = { ...options, optimiser: { kind: "sgd" }, learningRate: 0, patience: 3 } as const;
  const whole = await tune(session, data, { ...still, epochs: 9 });
  expect([whole.stopped, whole.best, whole.epochs.length]).toEqual(["patience", 0, 4]);
  const begun = await interrupted(session, data, { ...still, epochs: 9 }, { step: 14 });
  const gone = await tune(session, data, { ...still, epochs: 9, from: begun.last });
  expect(told(gone)).toEqual(told(whole));
  await expect(tune(session, data, { ...still, from: gone.last })).rejects.toThrow(
    "patience 3 is spent: of 4 epochs, that of index 0 is the best",
  );
  await session.close();
});

test("a tuning goes on with its own data and settings, or is refused in one line", async () => {
  const session = await Session.open(opt, quiet);
  const data = { train: rows, validation: opposite };
  const { last, ...begun } = await interrupted(session, data, options, { step: 8 });
  const refused = async (more: Partial<TuneOptions>, said: string, other: TuningData = data) => {
    const message = await tune(session, other, { ...options, from: last, ...more }).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(message).toContain(said);
    expect(message).not.toContain("\n");
  };
  await refused({ seed: 1 }, "seed 1 for a tuning of seed 0: it goes on with its own");
  await refused({}, "train rows that are not those of the tuning", { ...data, train: rows.slice(1) });
  await refused({}, "validation rows that are not those of the tuning", { train: rows });
  await refused({ words: [7, 12] }, "label words [7,12] for a tuning by [7,11]");
  await refused({ template: "{text} so" }, 'template "{text} so" for a tuning by "{text}"');
  await refused({ accumulate: 3 }, "steps of 3 rows in the midst of an epoch whose steps have 2");
  await refused({ shuffle: false }, "shuffle false in the midst of an epoch with shuffle true");
  await refused({ learningRate: 0.1 }, "learningRate 0.1 for a tuning by 0.01: to begin anew give from");
  await refused(
    { optimiser: { kind: "adamW", betas: [0.8, 0.999] } },
    'optimiser {"kind":"adamW","betas":[0.8,0.999]} for a tuning by {"kind":"adamW","weightDecay":0}',
  );
  await refused({ clip: 2 }, 'clip 2 for a tuning by "none"');
  await refused(
    { schedule: { kind: "constant", warmup: 2 } },
    'schedule {"kind":"constant","warmup":2} for a tuning by {"kind":"constant","warmup":0}',
  );
  await refused({ tokens: 4 }, "tokens 4, and the prompt to go on from has 3");
  await refused({ init: "random" }, 'init "random", and the prompt to go on from began with init "vocab"');
  await refused({ epochs: 2, totalEpochs: 2 }, "3 epochs of a schedule of 2");
  await refused({ from: { ...begun, last } as never }, "from is a whole tuning: give its last to go on");
  await refused(
    { from: { prompt: last.prompt }, init: "vocab" },
    'init "vocab", and the prompt to go on from was given',
  );
  // What it began with may be said again.
  const said = { init: "vocab", seed: 0, optimiser: { weightDecay: 0, kind: "adamW" } } as const;
  const again = await tune(session, data, { ...options, ...said, epochs: 1, from: last });
  expect(again.steps).toHaveLength(12);
  await session.close();

  const other = await Session.open(gpt2, quiet);
  await expect(tune(other, data, { ...options, from: last })).rejects.toThrow(
    /^the model here is [0-9a-f]{8}, and the tuning to go on from is of opt, [0-9a-f]{8}: to begin anew/,
  );
  await other.close();
});

test("the same call after an interrupt, whose schedule would be longer, is told which one goes on", async () => {
  const session = await Session.open(opt, quiet);
  const how = { ...options, learningRate: 0.05, schedule: { kind: "cosine" }, epochs: 3 } as const;
  const whole = await tune(session, rows, how);
  const { last } = await interrupted(session, rows, how, { step: 8 });
  await expect(tune(session, rows, { ...how, from: last })).rejects.toThrow(
    "a cosine schedule over 4 epochs for a tuning by one over 3: give epochs: 2, or fewer with totalEpochs: 3",
  );
  expect(told(await tune(session, rows, { ...how, epochs: 2, from: last }))).toEqual(told(whole));
  const one = await tune(session, rows, { ...how, epochs: 1, totalEpochs: 3, from: last });
  expect(told(await tune(session, rows, { ...how, epochs: 1, from: one.last }))).toEqual(told(whole));
  await expect(tune(session, rows, { ...how, from: whole.last })).rejects.toThrow(
    "a cosine schedule over 6 epochs for a tuning by one over 3: they are over, and to begin anew give from",
  );
  await session.close();
});
