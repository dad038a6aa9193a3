import type { Evaluation } from "./evaluate.js";
import type { Selection, SelectionEffect } from "./selection.js";
import type { Tuned, TuneOptions, TuningRow } from "./types.js";

/** What tells the runs of a grid apart. */
export interface GridPoint {
  readonly seed: number;
  readonly tokens: number;
  readonly learningRate: number;
}

/** What all runs of a grid share: options as they were given, and SHA-256 of the rows. */
export type GridAsked = Readonly<Record<string, unknown>>;

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
  /**
   * A grid that was interrupted, or one of fewer runs: those that it has are taken as they are, with what was measured of them,
   * and the one under way goes on.
   */
  readonly from?: Pick<Grid, "runs" | "underWay" | "asked">;
}

/** Numbers by name, the same names for every run. */
export type GridMeasures = Readonly<Record<string, number>>;

/** One run of a grid, before it is known which are kept. */
export interface MeasuredRun extends GridPoint {
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
  /** The run that an interrupt ended, as far as it came; undefined where it ended none, or before its first step. */
  readonly underWay: (GridPoint & { readonly tuned: Tuned }) | undefined;
  /** What all runs share, which a grid that goes on from this one must too. */
  readonly asked: GridAsked;
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
