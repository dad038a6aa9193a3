import { progress } from "../../display/progress.js";
import { CancelledError } from "../../session/cancelled.js";
import type { Session } from "../../session/session.js";
import { evaluatePrompt, type Evaluation } from "./evaluate.js";
import { tune } from "./tune.js";
import type { Tuned, TuneOptions, TuningRow } from "./types.js";

/**
 * Which runs of a grid are kept: all, or the `keep` of highest validation accuracy (ties by lower loss, then by order).
 * `published` is the rule of Tian et al. (2023): the five best.
 */
export type Selection = "all" | "published" | { readonly keep: number };

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
}

/** One run of a grid. */
export interface GridRun {
  readonly seed: number;
  readonly tokens: number;
  readonly learningRate: number;
  readonly tuned: Tuned;
  readonly validation: Evaluation;
  readonly test: Evaluation;
  readonly isKept: boolean;
}

export interface Grid {
  /** Those that ended: fewer than were asked for after an interrupt, and then perhaps fewer than the rule keeps. */
  readonly runs: readonly GridRun[];
  /** How many were asked for. */
  readonly planned: number;
  /**
   * Mean accuracies of all runs and of those kept. What the choice adds on the rows that it was made by, and not on the
   * others, is the choice's own doing and says nothing of the model.
   */
  readonly selection: {
    readonly rule: Selection;
    readonly validation: { readonly all: number; readonly kept: number };
    readonly test: { readonly all: number; readonly kept: number };
  };
}

/**
 * Tunes a prompt for every seed, length and learning rate, one after the other, and keeps some by a rule that is data. Throws one
 * line, before anything runs, for an empty list or a rule that keeps more than there are; otherwise as `tune`. An interrupt
 * ends the run under way, and the grid with the runs before it; `CancelledError` when there are none.
 */
export async function tuneGrid(session: Session, data: GridData, options: GridOptions): Promise<Grid> {
  const { seeds, tokens = [8], learningRates = [0.01], select = "all", ...rest } = options;
  for (const [name, list] of Object.entries({ seeds, tokens, learningRates }))
    if (list.length === 0) throw new Error(`${name}: give one or more`);
  const points = seeds.flatMap((seed) =>
    tokens.flatMap((count) => learningRates.map((learningRate) => ({ seed, tokens: count, learningRate }))),
  );
  const keep = select === "all" ? points.length : select === "published" ? 5 : select.keep;
  if (!Number.isInteger(keep) || keep < 1 || keep > points.length)
    throw new Error(`a rule that keeps ${keep} of ${points.length} runs`);

  const bar = options.quiet === true ? undefined : progress(points.length, "tuning prompts");
  const runs: Omit<GridRun, "isKept">[] = [];
  try {
    for (const point of points) {
      const tuned = await tune(session, data, { ...rest, ...point, quiet: true });
      if (tuned.stopped === "interrupted") throw new CancelledError("grid of prompts");
      const told = (rows: readonly TuningRow[]) => evaluatePrompt(session, tuned.prompt, rows, rest);
      const [validation, tested] = [await told(data.validation), await told(data.test)];
      runs.push({ ...point, tuned, validation, test: tested });
      bar?.advance(1, `seed ${point.seed}, validation ${(100 * validation.accuracy).toFixed(1)} %`);
    }
  } catch (error) {
    if (!(error instanceof CancelledError) || runs.length === 0) throw error;
    if (options.quiet !== true)
      console.log(`interrupted after ${runs.length} of ${points.length} runs; the rule keeps ${keep}`);
  } finally {
    bar?.finish();
  }
  const order = [...runs.keys()].sort(
    (a, b) =>
      runs[b]!.validation.accuracy - runs[a]!.validation.accuracy ||
      runs[a]!.validation.loss - runs[b]!.validation.loss ||
      a - b,
  );
  const kept = new Set(order.slice(0, keep));
  const all = runs.map((run, i): GridRun => ({ ...run, isKept: kept.has(i) }));
  const means = (of: "validation" | "test") => ({
    all: meanAccuracy(all, of),
    kept: meanAccuracy(
      all.filter(({ isKept }) => isKept),
      of,
    ),
  });
  const planned = points.length;
  return {
    runs: all,
    planned,
    selection: { rule: select, validation: means("validation"), test: means("test") },
  };
}

function meanAccuracy(runs: readonly GridRun[], of: "validation" | "test"): number {
  return runs.reduce((sum, run) => sum + run[of].accuracy, 0) / runs.length;
}
