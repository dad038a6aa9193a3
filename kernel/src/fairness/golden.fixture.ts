import { readFileSync } from "node:fs";
import type { Prediction } from "./metrics/prediction.js";

type Numbers = Readonly<Record<string, number>>;
type Background = readonly { readonly value: number; readonly groups: Numbers }[];

interface Golden {
  readonly predictions: {
    readonly group: readonly string[];
    readonly template: readonly string[];
    readonly label: readonly number[];
    readonly predicted: readonly number[];
    readonly probabilities: readonly (readonly number[])[];
  };
  readonly rates: Readonly<Record<string, { readonly groups: Numbers; readonly span: number }>>;
  readonly generalised: Readonly<Record<string, readonly number[] | Background>>;
  readonly proportions: {
    readonly wilson: readonly { hits: number; n: number; confidence: number; limits: number[] }[];
    readonly binomial: readonly { hits: number; n: number; expected: number; p: number }[];
    readonly mcNemar: readonly { first: number; second: number; p: number }[];
  };
  readonly seeds: readonly { values: number[]; confidence: number; limits: number[] }[];
  readonly corrections: readonly { p: number[]; holm: number[]; benjaminiHochberg: number[] }[];
  readonly powers: readonly { rate: number; gap: number; group: number; others: number; power: number }[];
  readonly bootstrap: {
    readonly fixed: {
      resamples: number[];
      seen: number;
      without: number[];
      limits: { percentile: [number, number]; bca: [number, number] };
    };
    readonly two: { resamples: number[]; seen: number; without: number[][]; limits: [number, number] };
    readonly all: { values: number[][][]; gaps: number[] };
  };
  readonly permutations: {
    readonly signFlips: readonly { differences: number[]; p: number }[];
    readonly twoGroups: { a: number[]; b: number[]; p: number };
  };
  readonly embeddings: {
    readonly [set in "x" | "y" | "a" | "b"]: number[][];
  } & { readonly effect: number; readonly p: number };
  readonly masked: {
    readonly pairs: readonly {
      readonly more: number[];
      readonly less: number[];
      readonly places: { readonly more: number[]; readonly less: number[] };
    }[];
    readonly rounded: readonly { readonly value: number; readonly rounded: number }[];
  };
  readonly signedRanks: readonly { readonly differences: number[]; readonly p: number }[];
  readonly clusterFlips: {
    readonly [of in "sizes" | "first" | "second"]: readonly number[];
  } & { readonly difference: number; readonly p: number };
  readonly quantiles: {
    readonly t: readonly { readonly p: number; readonly degrees: number; readonly t: number }[];
    readonly chiSquare: readonly { readonly x: number; readonly degrees: number; readonly p: number }[];
  };
  readonly clusterShares: {
    readonly even: readonly {
      readonly sums: number[];
      readonly count: number;
      readonly confidence: number;
      readonly error: number;
      readonly limits: [number, number];
    }[];
    readonly unlike: readonly {
      readonly sums: number[];
      readonly counts: number[];
      readonly error: number;
      readonly effective: number;
    }[];
    readonly strata: { readonly sums: number[][]; readonly count: number; readonly error: number };
    readonly exact: readonly {
      readonly hits: number;
      readonly n: number;
      readonly limits: [number, number];
    }[];
  };
  readonly effects: {
    readonly shares: readonly { readonly first: number; readonly second: number; readonly h: number }[];
    readonly scores: number[];
    readonly d: number;
  };
  readonly friedman: readonly {
    readonly values: number[][];
    readonly statistic: number;
    readonly p: number;
    readonly ranks: number[];
    /** Nemenyi's p of each two. */
    readonly pairs: number[];
  }[];
  readonly groupPairs: { readonly a: number[]; readonly b: number[]; readonly p: number };
}

const file = new URL("../../../test/goldens/fairness/fairness.json", import.meta.url);

/** What SciPy, statsmodels, scikit-learn and fairlearn say, made by `test/oracle/fairness.py`. */
export const golden = JSON.parse(readFileSync(file, "utf8")) as Golden;

export const sentimentClasses = ["negative", "neutral", "positive"];

/** The golden predictions, row by row. */
export const goldenRows: readonly Prediction[] = golden.predictions.group.map((group, i) => ({
  category: "age",
  group,
  template: golden.predictions.template[i]!,
  label: golden.predictions.label[i]!,
  predicted: golden.predictions.predicted[i]!,
  probabilities: golden.predictions.probabilities[i]!,
}));
