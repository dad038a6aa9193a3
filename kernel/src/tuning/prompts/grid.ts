import { shownAs, type Displayable } from "../../display/index.js";
import { progress } from "../../display/progress.js";
import { CancelledError } from "../../session/cancelled.js";
import type { Session } from "../../session/session.js";
import { evaluatePrompt, type Evaluation } from "./evaluate.js";
import { checkGrid, checkLists } from "./gridChecks.js";
import { gridTable } from "./gridTable.js";
import { prepare } from "./prepare.js";
import { checkRows, readRows } from "./rows.js";
import { bestRuns, keptBy, selectionEffect, type Selection, type SelectionEffect } from "./selection.js";
import { checkSettings } from "./settings.js";
import { tune } from "./tune.js";
import type { Tuned, TuneOptions, TuningRow } from "./types.js";

export interface GridData {
  readonly train: readonly TuningRow[];
  /** Rows by which an epoch is chosen within a run, and runs are chosen. */
  readonly validation: readonly TuningRow[];
  /** Rows that chose nothing, on which every run is told. */
  readonly test: readonly TuningRow[];
}

export interface GridOptions extends Omit<TuneOptions, "from" | "seed" | "tokens" | "learningRate"> {
  readonly seeds: readonly number[];
  /** Rows of the prompt. Default 8. */
  readonly tokens?: readonly number[];
  /** Default 0.01. */
  readonly learningRates?: readonly number[];
  /** Default `all`. */
  readonly select?: Selection;
  /**
   * Numbers of a run, such as the gaps of its predictions by group: the choice of runs is told of them, too, as of the
   * accuracy. Called as each run ends; what it throws ends the grid.
   */
  readonly measure?: (run: MeasuredRun) => GridMeasures | Promise<GridMeasures>;
}

/** Numbers by name, the same names for every run. */
export type GridMeasures = Readonly<Record<string, number>>;

/** One run of a grid, before it is known which are kept. */
export interface MeasuredRun {
  readonly seed: number;
  readonly tokens: number;
  readonly learningRate: number;
  readonly tuned: Tuned;
  readonly validation: Evaluation;
  readonly test: Evaluation;
}

/** One run of a grid. */
export interface GridRun extends MeasuredRun {
  /** What `measure` said of it; empty without. */
  readonly measured: GridMeasures;
  readonly isKept: boolean;
}

/** The runs of a grid of settings, and what the choice among them does. */
export interface Grid {
  /** Those that ended: fewer than were asked for after an interrupt, and then perhaps fewer than the rule keeps. */
  readonly runs: readonly GridRun[];
  /** How many were asked for. */
  readonly planned: number;
  /**
   * Accuracies, and what was measured, of all runs and of those kept. What the choice adds on the rows that it was made by,
   * and not on the others, is the choice's own doing and says nothing of the model.
   */
  readonly selection: {
    readonly rule: Selection;
    readonly validation: SelectionEffect;
    readonly test: SelectionEffect;
    readonly measured: Readonly<Record<string, SelectionEffect>>;
  };
}

/**
 * Tunes a prompt for every seed, length and learning rate, one after the other, and keeps some by a rule that is data. Throws one
 * line, before anything runs, for an empty list, one that holds something twice, a run that `tune` would refuse, or a rule that
 * keeps more than there are. Shows as a table of the runs. An interrupt ends the run under way, and the grid with the runs before it; `CancelledError` when
 * there are none.
 */
export async function tuneGrid(
  session: Session,
  data: GridData,
  options: GridOptions,
): Promise<Grid & Displayable> {
  checkGrid(data, options);
  const { seeds, tokens = [8], learningRates = [0.01], select = "all", measure, ...rest } = options;
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

  const { batch, signal } = rest;
  const reader = { ...reading, quiet: true, ...(batch && { batch }), ...(signal && { signal }) };
  const bar = options.quiet === true ? undefined : progress(points.length, "tuning prompts");
  const runs: Omit<GridRun, "isKept">[] = [];
  try {
    for (const point of points) {
      const tuned = await tune(
        session,
        { train, validation: validating },
        { ...rest, ...point, quiet: true },
      );
      if (tuned.stopped === "interrupted") throw new CancelledError("grid of prompts");
      const told = (rows: readonly TuningRow[]) => evaluatePrompt(session, tuned.prompt, rows, reader);
      const [validation, tested] = [await told(data.validation), await told(data.test)];
      const run = { ...point, tuned, validation, test: tested };
      runs.push({ ...run, measured: (await measure?.(run)) ?? {} });
      bar?.advance(1, `seed ${point.seed}, validation ${(100 * validation.accuracy).toFixed(1)} %`);
    }
  } catch (error) {
    if (!(error instanceof CancelledError) || runs.length === 0) throw error;
    if (options.quiet !== true)
      console.log(`interrupted after ${runs.length} of ${points.length} runs; the rule keeps ${keep}`);
  } finally {
    bar?.finish();
  }
  const kept = bestRuns(runs, keep);
  const effect = (of: (run: Omit<GridRun, "isKept">) => number | undefined) =>
    selectionEffect(runs.map(of), kept);
  const names = [...new Set(runs.flatMap(({ measured }) => Object.keys(measured)))];
  const grid: Grid = {
    runs: runs.map((run, i) => ({ ...run, isKept: kept.has(i) })),
    planned: points.length,
    selection: {
      rule: select,
      validation: effect(({ validation }) => validation.accuracy),
      test: effect(({ test }) => test.accuracy),
      measured: Object.fromEntries(names.map((name) => [name, effect(({ measured }) => measured[name])])),
    },
  };
  return shownAs(grid, () => gridTable(grid));
}
