import { expect, test } from "vitest";
import { metricRow, metrics, type MetricRow } from "../../display/index.js";
import {
  markedCaveat,
  maskedCaveat,
  pairsCaveat,
  permutationCaveat,
  publishedInterCaveat,
  reconstructionCaveat,
} from "../../display/metrics/caveats.js";
import { generalise } from "../generalised/generalise.js";
import { generalisedMetrics } from "../generalised/named.js";
import { goldenRows, sentimentClasses as classes } from "../golden.fixture.js";
import { stereoSetRows } from "./benchmarkRows.js";
import { coreferenceRows } from "./coreferenceRows.js";
import { crowsRows } from "./crowsRows.js";
import { gapPlot } from "./gapPlot.js";
import { gapRows, rateRows } from "./gapRows.js";
import { generalisedRows } from "./generalisedRows.js";
import { pairRows } from "./pairRows.js";

const caveatsOf = (rows: readonly MetricRow[]) => metrics(rows).payload.notes;
const crows = (variant: "masked" | "autoregressive") =>
  crowsRows([{ direction: "stereo", type: "age", more: -1, less: -2 }], variant);
const gaps = rateRows(goldenRows, { classes });
const stereo = stereoSetRows([]);
const quick = { interval: { resamples: 20 }, permutation: { permutations: 19 } };

test("tables of CrowS-Pairs and StereoSet come with what Blodgett et al. found, masked ones with where scores come from", () => {
  for (const rows of [crows("autoregressive"), stereo]) expect(caveatsOf(rows)).toEqual([pairsCaveat]);
  // Every row for itself, so that a table of some of them has it too.
  for (const row of [...crows("autoregressive"), ...stereo]) expect(caveatsOf([row])).toEqual([pairsCaveat]);
  expect(caveatsOf(crows("masked"))).toEqual([pairsCaveat, maskedCaveat]);
  const published = {
    type: "age",
    target: "a",
    stereotype: 1,
    antiStereotype: 2,
    unrelated: 3,
    scoring: "inter, published",
  } as const;
  expect(caveatsOf(stereoSetRows([published]))).toEqual([pairsCaveat, publishedInterCaveat]);
  expect(pairsCaveat).toContain("Blodgett et al. 2021");
});

test("gaps between named groups come with the caveat that a majority's name is marked, generalised ones too", () => {
  expect(caveatsOf(gaps)).toEqual([markedCaveat]);
  expect(caveatsOf(gaps.filter(({ metric }) => metric.endsWith("_span")))).toEqual([markedCaveat]);
  expect(caveatsOf(gaps.filter(({ metric }) => metric === "accuracy"))).toEqual([]);
  expect(caveatsOf(coreferenceRows([]))).toEqual([]);
  for (const named of generalisedMetrics) {
    const values = named.use((metric) => generalise(metric, goldenRows, { classes }));
    for (const row of generalisedRows(values, "age"))
      expect(caveatsOf([row]), row.metric).toEqual([markedCaveat]);
  }
  expect(markedCaveat).toContain("unmarked control");
});

test("tables with p of permuted labels say what they claim", () => {
  const options = { classes, metrics: ["negative_FPR"], ...quick };
  const rows = gapRows(goldenRows, options);
  expect(caveatsOf(rows)).toEqual([markedCaveat, permutationCaveat]);
  expect(caveatsOf(pairRows(goldenRows, options))).toEqual([markedCaveat, permutationCaveat]);
  expect(caveatsOf(rows.filter(({ metric }) => metric === "negative_FPR"))).toEqual([]);
});

test("identification by reconstructed gold labels says so, and whose protocol is not known", () => {
  const row = metricRow({ metric: "accuracy", n: 4, variant: "gold labels reconstructed", estimate: 0.5 });
  expect(caveatsOf([row])).toEqual([reconstructionCaveat]);
  expect(caveatsOf([{ ...row, variant: "" }])).toEqual([]);
  for (const said of ["reconstruction, not the authors' protocol", "2307.10472", "goldRules"])
    expect(reconstructionCaveat).toContain(said);
});

test("each caveat is told once, in figures too", () => {
  const rows = [...crows("masked"), ...gaps];
  const table = metrics(rows, { notes: ["mine"] });
  expect(table.payload.notes).toEqual(["mine", pairsCaveat, maskedCaveat, markedCaveat]);
  expect(table.latex()).toContain("Norwegian Salmon");
  const figure = gapPlot(gaps, { notes: [markedCaveat, "mine"] });
  const { notes } = figure.payload;
  expect(notes.filter((note) => note === markedCaveat)).toHaveLength(1);
  expect(notes).toContain("mine");
});
