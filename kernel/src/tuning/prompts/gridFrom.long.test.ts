import { expect, test } from "vitest";
import { bundleOf } from "../../display/index.js";
import { CancelledError } from "../../session/cancelled.js";
import { Session } from "../../session/session.js";
import { gpt2, opt, ownRuntime, quiet } from "../../session/sessions.fixture.js";
import { tuneGrid } from "./grid.js";
import type { Grid, GridData, GridOptions, MeasuredRun } from "./gridTypes.js";

ownRuntime();

const rows = Array.from({ length: 7 }, (_, i) => ({ text: [2, 5 + i, 30 - i, 9 + 2 * i], label: i % 2 }));
const data: GridData = { train: rows, validation: rows.slice(2, 6), test: rows.slice(0, 3) };
const measure = ({ tuned }: MeasuredRun) => ({ norm: tuned.steps.at(-1)!.promptNorm });
/** Three runs of eight steps, and six times a prompt is read: after each epoch, and to be told of validation and test. */
const options: GridOptions = {
  ...{ words: [7, 11], tokens: [3], batch: 2, epochs: 2, seeds: [0, 1, 2], learningRates: [0.05] },
  ...{ schedule: { kind: "linear" }, select: { keep: 2 }, measure, quiet: true },
};

/** A grid that is interrupted as its n-th step begins, or as a prompt is read for the n-th time, from 0. */
async function interrupted(
  session: Session,
  how: GridOptions,
  at: { readonly step?: number; readonly look?: number },
): Promise<Grid> {
  const stop = new AbortController();
  const { backward, prefix } = session;
  let [steps, looks] = [0, 0];
  session.backward = (...call) => {
    if (steps++ === at.step) stop.abort();
    return backward.apply(session, call);
  };
  session.prefix = (...call) => {
    if (looks++ === at.look) stop.abort();
    return prefix.apply(session, call);
  };
  try {
    return await tuneGrid(session, data, { ...how, signal: stop.signal });
  } finally {
    [session.backward, session.prefix] = [backward, prefix];
  }
}

/** All that a grid found, but for how many calls it took. */
const told = ({ runs, planned, underWay, selection }: Grid) => [
  runs.map(({ tuned: { prompt, steps, epochs, best, stopped, last }, ...run }) => [
    [run, prompt, steps, epochs, best, stopped],
    [last.prompt, last.optimiser],
  ]),
  [planned, underWay, selection],
];
const standing = ({ runs, underWay }: Grid) => [runs.length, underWay?.seed, underWay?.tuned.steps.length];

test("a grid that was interrupted, again and again, and went on gives what it gives without", async () => {
  const session = await Session.open(opt, quiet);
  const whole = await tuneGrid(session, data, options);
  expect(standing(whole)).toEqual([3, undefined, undefined]);

  // In the midst of the first run, before its second epoch, in its last look, and before and in the second run.
  const first = await interrupted(session, options, { step: 3 });
  expect(standing(first)).toEqual([0, 0, 3]);
  expect(String(bundleOf(first).data["text/plain"])).toMatch(
    /^0 of 3 runs, 0 kept by keep 2; one under way after 3 steps\n/,
  );
  const second = await interrupted(session, { ...options, from: first }, { step: 1 });
  expect(standing(second)).toEqual([0, 0, 4]);
  const third = await interrupted(session, { ...options, from: second }, { step: 0 });
  expect(standing(third)).toEqual([0, 0, 4]);
  const fourth = await interrupted(session, { ...options, from: third }, { look: 2 });
  expect(standing(fourth)).toEqual([0, 0, 8]);
  const fifth = await interrupted(session, { ...options, from: fourth }, { step: 0 });
  expect(standing(fifth)).toEqual([1, undefined, undefined]);
  const sixth = await interrupted(session, { ...options, from: fifth }, { step: 5 });
  expect(standing(sixth)).toEqual([1, 1, 5]);
  expect(told(await tuneGrid(session, data, { ...options, from: sixth }))).toEqual(told(whole));

  await expect(interrupted(session, options, { step: 0 })).rejects.toThrow(CancelledError);
  await session.close();
});

test("a grid goes on over more runs, the one under way first, and in the order that is asked for", async () => {
  const session = await Session.open(opt, quiet);
  const wide = { ...options, seeds: [3, 0, 1] };
  const begun = await interrupted(session, { ...options, seeds: [0, 1] }, { step: 11 });
  expect(standing(begun)).toEqual([1, 1, 3]);
  const gone = await interrupted(session, { ...wide, from: begun }, { step: 6 });
  expect(gone.runs.map(({ seed }) => seed)).toEqual([0, 1]);
  expect(standing(gone)).toEqual([2, 3, 1]);
  const whole = await tuneGrid(session, data, wide);
  expect(told(await tuneGrid(session, data, { ...wide, from: gone }))).toEqual(told(whole));
  await session.close();
});

test("a grid goes on as it began, or is refused in one line before anything runs", async () => {
  const session = await Session.open(opt, quiet);
  const from = await interrupted(session, options, { step: 10 });
  const refused = async (more: Partial<GridOptions>, said: string, other: GridData = data) => {
    const message = await tuneGrid(session, other, { ...options, from, ...more }).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(message).toContain(said);
    expect(message).not.toContain("\n");
  };
  await refused({ epochs: 3 }, "epochs 3 for a grid with 2: give the same to go on");
  await refused({ clip: 1 }, "clip 1 for a grid with its default");
  await refused({ words: [7, 12] }, "words [7,12] for a grid with [7,11]");
  await refused(
    { schedule: { kind: "cosine" } },
    'schedule {"kind":"cosine"} for a grid with {"kind":"linear"}',
  );
  await refused({}, "test rows that are not those of the grid", { ...data, test: rows });
  await refused(
    { seeds: [1, 2] },
    "the grid to go on from has a run of seed 0, 3 tokens, learning rate 0.05, which is not asked for",
  );
  await session.close();

  const other = await Session.open(gpt2, quiet);
  await expect(tuneGrid(other, data, { ...options, from })).rejects.toThrow(/^the model here is [0-9a-f]{8}/);
  await other.close();
});
