import { expect, test } from "vitest";
import { attention, bars, forest, metricRow, metrics, plot, save, tensor } from "./index.js";
import { escapeLatex } from "./metrics/export.js";

const labels = { name: "group", labels: ["a", "b"] };
const chart = bars({ labels, value: "rate", series: [{ name: "s", values: [1, 2] }] });
const values = { shape: [2], data: [1, 2] };
/** As code that no compiler has seen would call it. */
const wrong = (given: unknown) => given as never;

const cases: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => plot(chart, wrong({ tittle: "x" })), 'plot has no option "tittle": it has title, description'],
  [() => plot(wrong(undefined)), "plot of undefined: give bars, forest, heatmap or lines"],
  [() => plot(wrong([chart, 3])), "plot of 3 as chart 1: give bars, forest, heatmap or lines"],
  [() => metrics([], wrong({ tittle: "x" })), 'metrics has no option "tittle": it has title, notes'],
  [
    () => metricRow(wrong({ metric: "a", n: 1, modle: "x" })),
    'a row has no column "modle": there are dataset',
  ],
  [() => tensor(values, wrong({ titel: "x" })), 'tensor has no option "titel": it has name, rows'],
  [() => tensor(wrong(3)), "tensor of 3: give { shape, data }"],
  [
    () => attention(wrong({ captures: new Map() }), wrong({ layers: [1] })),
    'attention has no option "layers"',
  ],
  [() => attention(wrong(undefined)), "attention of undefined: give a run that captured"],
  [() => save(plot(chart), "/tmp/figure.png"), 'save "/tmp/figure.png": leave out .png'],
  [
    () =>
      plot(
        forest({ labels, value: "v", series: [{ name: "s", values: [1, 1], low: [0, 2], high: [1, 0] }] }),
      ),
    '"s" has limits 2 to 0 at 1, which do not rise',
  ],
];

test.each(cases)(
  "a figure refuses in one line what it would leave out or draw wrongly: %#",
  (call, message) => {
    expect(call).toThrow(message);
    expect(call).not.toThrow("\n");
  },
);

test("LaTeX has no letter that pdflatex does not know", () => {
  expect(escapeLatex("hill → plain, ≤ 5 % ± 1")).toBe("hill $\\rightarrow$ plain, $\\leq$ 5 \\% $\\pm$ 1");
});
