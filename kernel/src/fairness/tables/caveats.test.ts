import { expect, test } from "vitest";
import { metrics } from "../../display/index.js";
import { goldenRows, sentimentClasses as classes } from "../golden.fixture.js";
import { stereoSetRows } from "./benchmarkRows.js";
import { caveatsOf, markedCaveat, maskedCaveat, pairsCaveat, publishedInterCaveat } from "./caveats.js";
import { coreferenceRows } from "./coreferenceRows.js";
import { crowsRows } from "./crowsRows.js";
import { rateRows } from "./gapRows.js";

const crows = (variant: "masked" | "autoregressive") =>
  crowsRows([{ direction: "stereo", type: "age", more: -1, less: -2 }], variant, {}, { resamples: 10 });
const gaps = rateRows(goldenRows, { classes });
const stereo = stereoSetRows([], {}, { resamples: 10 });

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
  expect(caveatsOf(stereoSetRows([published], {}, { resamples: 10 }))).toEqual([
    pairsCaveat,
    publishedInterCaveat,
  ]);
  expect(pairsCaveat).toContain("Blodgett et al. 2021");
});

test("gaps between named groups come with the caveat that a majority's name is marked", () => {
  expect(caveatsOf(gaps)).toEqual([markedCaveat]);
  expect(caveatsOf(gaps.filter(({ metric }) => metric.endsWith("_span")))).toEqual([markedCaveat]);
  expect(caveatsOf(gaps.filter(({ metric }) => metric === "accuracy"))).toEqual([]);
  expect(caveatsOf(coreferenceRows([], {}, { bootstrap: { resamples: 10 } }))).toEqual([]);
  expect(markedCaveat).toContain("unmarked control");
});

test("each caveat is shown once, below the table", () => {
  const rows = [...crows("masked"), ...gaps];
  const table = metrics(rows, { notes: caveatsOf(rows) });
  expect(table.payload.notes).toEqual([pairsCaveat, maskedCaveat, markedCaveat]);
  expect(table.latex()).toContain("Norwegian Salmon");
});
