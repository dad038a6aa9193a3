import { shownAs, type Displayable } from "../../display/index.js";
import { progress } from "../../display/progress.js";
import { CancelledError } from "../../session/cancelled.js";
import type { Session } from "../../session/session.js";
import { evaluatePrompt } from "./evaluate.js";
import { checkGrid, checkLists } from "./gridChecks.js";
import { askedOf, checkFrom, endOf, pointName } from "./gridFrom.js";
import { gridTable } from "./gridTable.js";
import type { Grid, GridData, GridOptions, GridPoint, GridRun } from "./gridTypes.js";
import { prepare } from "./prepare.js";
import { checkRows, readRows } from "./rows.js";
import { bestRuns, keptBy, selectionEffect } from "./selection.js";
import { checkSettings } from "./settings.js";
import { tune } from "./tune.js";
import type { Tuned, TuningRow } from "./types.js";

/**
 * Tunes a prompt for every seed, length and learning rate, one after the other, and keeps some by a rule that is data. Throws one
 * line, before anything runs, for an empty list, one that holds something twice, a run that `tune` would refuse, or a rule that
 * keeps more than there are. Shows as a table of the runs. An interrupt ends the run under way, and the grid with the runs before
 * it; the same call with `from: grid` goes on, and gives what it would have given without. `CancelledError` where nothing was found.
 */
export async function tuneGrid(
  session: Session,
  data: GridData,
  options: GridOptions,
): Promise<Grid & Displayable> {
  checkGrid(data, options);
  const { seeds, tokens = [8], learningRates = [0.01], select = "all", measure, from, ...rest } = options;
  checkLists({ seeds, tokens, learningRates });
  const points = seeds.flatMap((seed) =>
    tokens.flatMap((count) => learningRates.map((learningRate) => ({ seed, tokens: count, learningRate }))),
  );
  const keep = keptBy(select, points.length);
  for (const point of points) checkSettings({ ...rest, ...point });
  const longest = { ...rest, tokens: Math.max(...tokens) };
  const { train, validation: validating } = data;
  checkRows(validating, rest.words?.length, "rows to validate by");
  const { words, reading } = await prepare(session, { train, validation: validating }, longest);
  checkRows(data.test, words.sizes.length, "rows to test on");
  await readRows(session, data.test, reading.template!, longest.tokens + words.longest - 1, "test");
  const asked = askedOf(data, options);
  if (from !== undefined) await checkFrom(session, from, asked, points);

  const { batch, signal } = rest;
  const reader = { ...reading, quiet: true, ...(batch && { batch }), ...(signal && { signal }) };
  const bar = options.quiet === true ? undefined : progress(points.length, "tuning prompts");
  const found = new Map<string, Omit<GridRun, "isKept">>(from?.runs.map((run) => [pointName(run), run]));
  if (found.size > 0) bar?.advance(found.size);
  let underWay = from?.underWay;
  const begun = underWay && { ...underWay, name: pointName(underWay) };
  const tunedAt = async (point: GridPoint): Promise<Tuned> => {
    const before = begun?.name === pointName(point) ? begun.tuned : undefined;
    // Interrupted while it was evaluated, it is tuned.
    if (before !== undefined && before.stopped !== "interrupted") return before;
    const how = { ...rest, ...point, quiet: true, ...(before && endOf(before, rest)) };
    return tune(session, { train, validation: validating }, how);
  };
  // The one under way first, so that no other takes its place.
  const toDo = points
    .filter((point) => !found.has(pointName(point)))
    .sort((a, b) => Number(pointName(b) === begun?.name) - Number(pointName(a) === begun?.name));
  try {
    for (const point of toDo) {
      const tuned = await tunedAt(point);
      underWay = { ...point, tuned };
      if (tuned.stopped === "interrupted") throw new CancelledError("grid of prompts");
      const told = (rows: readonly TuningRow[]) => evaluatePrompt(session, tuned.prompt, rows, reader);
      const [validation, tested] = [await told(data.validation), await told(data.test)];
      const run = { ...point, tuned, validation, test: tested };
      found.set(pointName(point), { ...run, measured: (await measure?.(run)) ?? {} });
      underWay = undefined;
      bar?.advance(1, `seed ${point.seed}, validation ${(100 * validation.accuracy).toFixed(1)} %`);
    }
  } catch (error) {
    if (!(error instanceof CancelledError) || (found.size === 0 && underWay === undefined)) throw error;
    if (options.quiet !== true)
      console.log(`interrupted after ${found.size} of ${points.length} runs; the rule keeps ${keep}`);
  } finally {
    bar?.finish();
  }
  const runs = points.flatMap((point) => found.get(pointName(point)) ?? []);
  const kept = bestRuns(runs, keep);
  const effect = (of: (run: Omit<GridRun, "isKept">) => number | undefined) =>
    selectionEffect(runs.map(of), kept);
  const names = [...new Set(runs.flatMap(({ measured }) => Object.keys(measured)))];
  const grid: Grid = {
    runs: runs.map((run, i) => ({ ...run, isKept: kept.has(i) })),
    planned: points.length,
    underWay,
    asked,
    selection: {
      rule: select,
      validation: effect(({ validation }) => validation.accuracy),
      test: effect(({ test }) => test.accuracy),
      measured: Object.fromEntries(names.map((name) => [name, effect(({ measured }) => measured[name])])),
    },
  };
  return shownAs(grid, () => gridTable(grid));
}
