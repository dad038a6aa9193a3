import { expect, test } from "vitest";
import { bundleOf, metricRow, metrics } from "../../display/index.js";
import { probabilityGaps } from "../benchmarks/probabilityGap.js";
import { crowsPairs } from "../benchmarks/crows.js";
import { generalise } from "../generalised/generalise.js";
import { generalisedMetrics } from "../generalised/named.js";
import { identificationRows } from "../identification/summary.js";
import { promptVariants } from "../identification/variants.js";
import { groupGaps, publishedGroups, spans } from "../metrics/gaps.js";
import type { Prediction } from "../metrics/prediction.js";
import { adjustRows } from "./adjustRows.js";
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
/** With the label of the third row as a table's cell would have it, or another. */
const labelled = (label: unknown) => rows.map((row, i) => (i === 2 ? { ...row, label } : row)) as never;
const text = 'row 2 has label "1", which is text: give a number, by Number(…)';
/** As code that no compiler has seen would call it. */
const wrong = (given: unknown) => given as never;

const cases: readonly (readonly [call: () => unknown, message: string | RegExp])[] = [
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
  [
    () => gapRows(rows, { ...options, kept: { d: ["a"] } }),
    'kept names category "d", of which there are no rows: nearest is c',
  ],
  [
    () => pairRows(rows, { ...options, kept: { d: ["a"] } }),
    'kept names category "d", of which there are no rows',
  ],
  [() => detectableRows(rows, { ...options, kept: { d: ["a"] } }), 'kept names category "d"'],
  [() => probabilityRows(rows, { classes, kept: { d: ["a"] } }), 'kept names category "d"'],
  [() => rateRows(rows, { classes, kept: publishedGroups }), 'kept names category "grouped_religion"'],
  [
    () => gapRows(rows, { ...options, metrics: ["accuracy", "accuracy"] }),
    'metrics of which "accuracy" stands twice',
  ],
  [() => rateRows(rows, { classes: ["bad", "bad"] }), 'rateRows with classes of which "bad" stands twice'],
  [
    () => rateRows([{ ...rows[0]!, predicted: wrong(undefined) }], { classes }),
    "row 0 has predicted undefined",
  ],
  [() => rateRows(labelled("1"), { classes }), text],
  [() => gapRows(labelled("1"), options), text],
  [() => pairRows(labelled("1"), options), text],
  [() => probabilityGaps(labelled("1"), 0), text],
  [() => probabilityGaps(labelled(2), 0), "row 2 has label 2: it has 2 probabilities"],
  [() => probabilityGaps(rows, wrong({ classes })), 'class {"classes":["bad","good"]}: give the index'],
  [
    () => rateRows([{ ...rows[0]!, predicted: wrong("1") }], { classes }),
    'row 0 has predicted "1", which is text: give a number, by Number(…)',
  ],
  [() => rateRows(wrong({ rows }), { classes }), "rows: an object that has a list of rows: give its .rows"],
  [
    () => identificationRows(wrong({ judgements: [] })),
    "judgements: an object that has a list of judgements",
  ],
  [
    () => identificationRows(wrong(undefined)),
    "judgements are undefined: give the judgements of what identify",
  ],
  [
    () => rateRows([{ ...rows[0]!, category: "grouped_religion" }], { classes, kept: publishedGroups }),
    'category "grouped_disability", of which there are no rows: nearest is grouped_religion; for a part of the published suite give publishedGroupsOf(rows)',
  ],
  [() => rateRows([{ ...rows[0]!, group: wrong(undefined) }], { classes }), "row 0 has group undefined"],
  [() => rateRows([{ ...rows[0]!, group: "" }], { classes }), 'row 0 has group "": give it a name'],
  [
    () => rateRows([{ ...rows[0]!, probabilities: [3, -2] }], { classes }),
    "row 0 has probability 3: it must lie between 0 and 1",
  ],
  [() => rateRows([], { classes, kept: { c: ["a"] } }), /of which there are no rows$/],
  [() => groupGaps(rows, wrong({ classes, keep: {} })), 'groupGaps has no option "keep": nearest is kept'],
  [() => spans(groupGaps(rows, { classes }), { d: ["a"] }), 'kept names category "d"'],
  [
    () => gapRows(rows, { ...options, kept: wrong({ c: "a" }) }),
    'kept groups of c are "a": give a list of names',
  ],
  [() => rateRows(rows, wrong({ clases: classes })), 'rateRows has no option "clases": nearest is classes'],
  [() => detectableRows(rows, wrong({ ...options, powr: 1 })), 'no option "powr": nearest is power'],
  [() => probabilityRows(rows, wrong({ classes, metrics: [] })), 'probabilityRows has no option "metrics"'],
  [() => detectableRows(rows, { ...options, power: 80 }), "power 80: must lie between 0 and 1"],
  [() => detectableRows(rows, { ...options, alpha: 5 }), "alpha 5: must lie between 0 and 1"],
  [() => detectableRows(rows, { ...options, correlation: 2 }), "correlation 2: must be 0 to 1"],
  [
    () => adjustRows(gapRows(rows, options), undefined, wrong("bonferroni")),
    'correction "bonferroni": choose holm or benjaminiHochberg',
  ],
  [
    () => generalisedMetrics[0].use((each) => generalise(each, rows, { classes, most: 0 })),
    "most 0 fillings of a template: must be 1 or more",
  ],
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
