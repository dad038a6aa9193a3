import { table, shownAs, type Displayable } from "../../display/index.js";
import type { Provenance } from "../../display/payload/provenance.js";
import type { SelectedPositions } from "../../models/inputs.js";
import type { Captured, Run } from "../types.js";

/** How far a value is from the same of another run. */
export interface Deviation {
  readonly name: string;
  /** Largest absolute difference, and the same over the largest absolute value. */
  readonly largest: number;
  readonly relative: number;
}

/**
 * What a comparison comes to. `supported`: the same likeliest tokens, and no value further off than a thousandth of its
 * largest. `degraded`: nine of ten likeliest tokens are the same, and nowhere is more than a tenth of the probability
 * elsewhere, as after coarser arithmetic. `wrong`: neither.
 */
export type Verdict = "supported" | "degraded" | "wrong";

/** A run compared with its repetition on one process. */
export interface Verification {
  readonly verdict: Verdict;
  /** Positions compared, padding left out; 0 for a run without logits. */
  readonly positions: number;
  /** Share of positions at which both runs find the same token likeliest. */
  readonly top1: number | undefined;
  /** ½ Σ |p − q| over the next-token distributions of a position: the mean and the largest over positions. */
  readonly totalVariation: { readonly mean: number; readonly largest: number } | undefined;
  /** Of the logits, of every capture and of what a readout returned. */
  readonly deviations: readonly Deviation[];
  /** Whether the run's edits change anything: the largest difference from the same run without them; undefined without edits. */
  readonly effect: { readonly largest: number; readonly isThere: boolean } | undefined;
  readonly provenance: Provenance;
}

/** Compares a run with its repetition on one process, and with itself unedited on its own mesh. */
export function compareRuns(
  run: Run,
  again: Run,
  bare: Run | undefined,
  logits: SelectedPositions = "all",
): Verification & Displayable {
  const lengths = run.tokens.map((row) => row.length);
  const isAll = logits === "all";
  const spots = run.logits === undefined ? [] : positionsOf(run.logits.shape, isAll ? lengths : undefined);
  const vocabulary = run.logits?.shape.at(-1) ?? 0;
  let agreed = 0;
  let total = 0;
  let worst = 0;
  for (const spot of spots) {
    const row = (of: Run) => of.logits!.data.subarray(spot * vocabulary, (spot + 1) * vocabulary);
    const [own, other] = [row(run), row(again)];
    const best = likeliest(own);
    if (best >= 0 && best === likeliest(other)) agreed += 1;
    const variation = variationOf(own, other);
    total += variation;
    worst = Math.max(worst, variation);
  }
  const top1 = spots.length > 0 ? agreed / spots.length : undefined;
  const totalVariation = spots.length > 0 ? { mean: total / spots.length, largest: worst } : undefined;
  const deviations = deviationsOf(run, again, lengths, isAll);
  if (deviations.length === 0)
    throw new Error("verify has nothing to compare: the run returned no logits, captures or readout");
  const result: Verification = {
    verdict: verdictOf(top1, totalVariation, deviations),
    positions: spots.length,
    top1,
    totalVariation,
    deviations,
    effect: bare && effectOf(run, bare, lengths, isAll),
    provenance: run.provenance,
  };
  return shownAs(result, () => view(result));
}

/** Differences of float32 sums in another order, of the value's largest entry, are below this. */
const rounding = 1e-5;

function verdictOf(
  top1 = 1,
  variation: Verification["totalVariation"],
  deviations: readonly Deviation[],
): Verdict {
  if (top1 === 1 && deviations.every(({ relative }) => relative <= 1e-3)) return "supported";
  return variation !== undefined && top1 >= 0.9 && variation.largest <= 0.1 ? "degraded" : "wrong";
}

/** Row numbers [row × position] of what is no padding: of rows of these lengths, or of positions that were chosen. */
function positionsOf(
  [batch = 0, positions = 0]: readonly number[],
  lengths: readonly number[] | undefined,
): number[] {
  return Array.from({ length: batch }, (_, row) => row).flatMap((row) =>
    Array.from({ length: lengths?.[row] ?? positions }, (_, position) => row * positions + position),
  );
}

/** Id of the likeliest token; −1 where something is not a number, which agrees with nothing. */
function likeliest(logits: Float32Array): number {
  return logits.indexOf(logits.reduce((a, b) => Math.max(a, b), -Infinity));
}

function variationOf(a: Float32Array, b: Float32Array): number {
  const [p, q] = [softmax(a), softmax(b)];
  return p.reduce((sum, x, i) => sum + Math.abs(x - q[i]!), 0) / 2;
}

function softmax(logits: Float32Array): Float64Array {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Float64Array.from(logits, (x) => Math.exp(x - most));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((x) => x / sum);
}

type Value = Pick<Captured, "shape" | "data"> & { readonly axes: readonly string[] };

/** @param isAll whether the logits are those of all positions */
function valuesOf(run: Run, isAll: boolean): Map<string, Value> {
  const values = new Map<string, Value>(run.captures);
  for (const [name, value] of run.readout) values.set(`readout ${name}`, { ...value, axes: [] });
  if (run.logits && !values.has("logits"))
    values.set("logits", { ...run.logits, axes: ["batch", isAll ? "position" : "selected", "token"] });
  return values;
}

function deviationsOf(run: Run, again: Run, lengths: readonly number[], isAll: boolean): Deviation[] {
  const others = valuesOf(again, isAll);
  return [...valuesOf(run, isAll)].map(([name, value]) => {
    const other = others.get(name)!;
    let [largest, size] = [0, 0];
    value.data.forEach((x, i) => {
      if (isPadding(value, i, lengths)) return;
      const away = Math.abs(x - other.data[i]!);
      // What is not a number in one run only is as far as can be.
      if (Number.isNaN(away) && !(Number.isNaN(x) && Number.isNaN(other.data[i]!))) largest = Infinity;
      else if (away > largest) largest = away;
      size = Math.max(size, Math.abs(x));
    });
    return { name, largest, relative: largest === 0 ? 0 : largest / size };
  });
}

const counted = new Set(["position", "query", "key"]);

/** Whether an entry lies behind the end of its row, in a value that was captured at all positions. */
function isPadding({ shape, axes }: Value, index: number, lengths: readonly number[]): boolean {
  const longest = Math.max(...lengths);
  let rest = index;
  const places = shape
    .toReversed()
    .map((size) => {
      const place = rest % size;
      rest = Math.floor(rest / size);
      return place;
    })
    .toReversed();
  const length = axes[0] === "batch" && shape[0] === lengths.length ? lengths[places[0]!]! : longest;
  return axes.some((axis, i) => counted.has(axis) && shape[i] === longest && places[i]! >= length);
}

function effectOf(run: Run, bare: Run, lengths: readonly number[], isAll: boolean): Verification["effect"] {
  const moved = deviationsOf(run, bare, lengths, isAll);
  // Compiled with edits, the same numbers may be added up in another order.
  const isThere = moved.some(({ relative }) => relative > rounding);
  return { largest: Math.max(0, ...moved.map((each) => each.largest)), isThere };
}

function view({ verdict, positions, top1, totalVariation, deviations, effect }: Verification): Displayable {
  const exact = (x: number) => (x === 0 ? "0" : x.toExponential(1));
  const worst = deviations.reduce((a, b) => (b.largest > a.largest ? b : a));
  const rows = [
    { what: "verdict", value: verdict },
    ...(top1 === undefined
      ? []
      : [
          { what: "same likeliest token", value: `${(100 * top1).toFixed(1)} % of ${positions} positions` },
          {
            what: "total variation",
            value: `mean ${exact(totalVariation!.mean)}, largest ${exact(totalVariation!.largest)}`,
          },
        ]),
    { what: "largest deviation", value: `${exact(worst.largest)} at ${worst.name}` },
    {
      what: "edits",
      value:
        effect === undefined
          ? "none"
          : effect.isThere
            ? `have an effect, ${exact(effect.largest)} at most`
            : "have no effect at all",
    },
  ];
  return table(
    rows,
    [
      { title: "against one process", value: ({ what }) => what },
      { title: "", value: ({ value }) => value },
    ],
    "verification",
  );
}
