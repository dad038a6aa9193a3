import { expect, test } from "vitest";
import { bundleOf, metricRow, metrics } from "../../display/index.js";
import { crowsPairs } from "../benchmarks/crows.js";
import { generalise } from "../generalised/generalise.js";
import { promptVariants } from "../identification/variants.js";
import type { Prediction } from "../metrics/prediction.js";
import { detectableRows } from "./detectableRows.js";
import { crowsRows } from "./crowsRows.js";
import { friedmanRows } from "./friedmanRows.js";
import { gapPlot } from "./gapPlot.js";
import { gapRows, rateRows } from "./gapRows.js";
import { pairRows } from "./pairRows.js";
import { probabilityRows } from "./probabilityRows.js";
import { seedRows } from "./seedRows.js";

const classes = ["bad", "good"];
const options = { classes, metrics: ["accuracy"] };
const rows = ["a", "b"].flatMap((group) =>
  ["s", "t", "u"].map((template, i): Prediction => {
    const right = group === "a" || i === 0;
    return { category: "c", group, template, label: 1, predicted: right ? 1 : 0, probabilities: [0.4, 0.6] };
  }),
);
/** As code that no compiler has seen would call it. */
const wrong = (given: unknown) => given as never;

const cases: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => gapRows(rows, wrong({ ...options, abut: {} })), 'gapRows has no option "abut": nearest is about'],
  [() => gapRows(rows, wrong({ ...options, metrics: "accuracy" })), 'gapRows with metrics "accuracy"'],
  [() => gapRows(rows, wrong({ metrics: ["accuracy"] })), "gapRows with classes undefined: give a list"],
  [() => gapRows(rows, { ...options, about: wrong({ modle: "x" }) }), 'a row has no column "modle"'],
  [
    () => gapRows(rows, { ...options, interval: wrong({ resample: 9 }) }),
    'bootstrap of gaps has no option "resample": nearest is resamples',
  ],
  [
    () => gapRows(rows, { ...options, permutation: wrong({ permutation: 9 }) }),
    'permutation has no option "permutation": nearest is permutations',
  ],
  [() => pairRows(rows, wrong({ ...options, keep: {} })), 'pairRows has no option "keep": nearest is kept'],
  [() => rateRows(rows, wrong({ clases: classes })), 'rateRows has no option "clases": nearest is classes'],
  [() => detectableRows(rows, wrong({ ...options, powr: 1 })), 'no option "powr": nearest is power'],
  [() => probabilityRows(rows, wrong({ classes, metrics: [] })), 'probabilityRows has no option "metrics"'],
  [() => friedmanRows([], wrong({ compare: "group" })), 'compare "group": choose model or prompt'],
  [
    () => friedmanRows([metricRow({ metric: "accuracy", n: 1, model: "m", estimate: 1 })]),
    "accuracy of 1 models in 1 blocks, which are data sets, categories, groups, seeds and prompts",
  ],
  [() => seedRows(rateRows(rows, { classes }), wrong("z")), 'method "z" over seeds: choose t or published'],
  [
    () => gapPlot(gapRows(rows, options), { facets: wrong("seed") }),
    'facets "seed": choose model, category, metric, dataset, group',
  ],
  [() => gapPlot(gapRows(rows, options), wrong({ facet: "group" })), 'no option "facet": nearest is facets'],
  [() => crowsPairs([], wrong("mask")), 'variant "mask" of CrowS-Pairs: choose masked or autoregressive'],
  [
    () => crowsRows([], "autoregressive", {}, wrong({ methods: "t" })),
    'limits over clusters has no option "methods": nearest is method',
  ],
  [() => promptVariants(wrong({ promps: [] })), 'promptVariants has no option "promps": nearest is prompts'],
  [() => generalise(wrong("FPR ratio"), rows, { classes }), 'metric "FPR ratio" has no form'],
  [() => metrics(wrong([{ metric: "a" }])), 'row 0 has no "dataset": give rows as metricRow'],
];

test.each(cases)("a table refuses in one line what it would leave out unseen: %#", (call, message) => {
  expect(call).toThrow(message);
  expect(call).not.toThrow("\n");
});

test("a point without limits stands alone in the text of a plot", () => {
  const text = String(bundleOf(gapPlot(rateRows(rows, { classes }))).data["text/plain"]);
  expect(text).toMatch(/\na +1\.000\n/);
  expect(text).not.toContain("[–, –]");
});
