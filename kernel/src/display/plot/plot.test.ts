import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { bundleOf } from "../bundle.js";
import { parsePlot, plotType, rampOf, seriesColour, viewAt, type PlotPayload } from "../payload/index.js";
import { bars, forest, heatmap, lines } from "./charts.js";
import { levels } from "./frame.js";
import { plotVector } from "./picture.js";
import { plot } from "./plot.js";

const heads = heatmap({
  title: "Scores",
  x: "head",
  y: "layer",
  value: "score",
  values: [
    [0, 0.25],
    [1, NaN],
  ],
});
const losses = lines({
  title: "Loss",
  x: "position",
  y: "nats",
  lines: [
    { name: "whole", y: [3, 1, 2], low: [2, 0.5, 1], high: [4, 1.5, 3] },
    { name: "without", x: [0, 2], y: [4, 5] },
  ],
  references: [{ axis: "x", at: 1, label: "repeat" }],
});
const gaps = forest({
  title: "Gaps",
  labels: { name: "group", labels: ["old", "young"] },
  value: "gap",
  series: [{ name: "model", values: [-0.2, 0.1], low: [-0.3, 0], high: [-0.1, 0.2] }],
  references: [{ at: 0, label: "no gap" }],
});

/** Colours of the pixels of an indexed PNG as `writePng` makes them. */
function pixelsOf(png: string): {
  width: number;
  height: number;
  at(x: number, y: number): string;
  count(colour: readonly number[]): number;
} {
  const bytes = Buffer.from(png, "base64");
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const chunk = (type: string) => {
    const at = bytes.indexOf(type, 0, "latin1");
    return bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4));
  };
  const [palette, data] = [chunk("PLTE"), inflateSync(chunk("IDAT"))];
  const colour = (index: number) => [...palette.subarray(3 * index, 3 * index + 3)].join();
  const at = (x: number, y: number) => colour(data[y * (width + 1) + 1 + x]!);
  const count = (wanted: readonly number[]) => {
    let found = 0;
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (at(x, y) === wanted.join()) found++;
    return found;
  };
  return { width, height, at, count };
}

test("charts are plain data that a notebook keeps and that is checked when it is read", () => {
  const made = plot([heads, losses, gaps], { title: "All", notes: ["toy"] });
  const { data, metadata } = bundleOf(made);
  expect(Object.keys(data)).toEqual([plotType, "image/png", "text/plain"]);
  const read = parsePlot(JSON.parse(JSON.stringify(data[plotType])));
  expect(read).toEqual(made.payload);
  expect(read.views[0]!.charts[0]).toEqual({
    kind: "heatmap",
    title: "Scores",
    value: "score",
    lo: 0,
    hi: 1,
    x: { name: "head", labels: ["0", "1"] },
    y: { name: "layer", labels: ["0", "1"] },
    values: [
      [0, 0.25],
      [1, null],
    ],
  });
  expect(metadata["image/png"]).toMatchObject({ alt: `All. ${made.payload.description}` });
  expect(made.payload.description).toBe(
    "Heat map of score, layer by head, 2 × 2; strongest at layer 1 head 0: 1.000. " +
      "Lines of nats over position: whole, without. Forest plot of gap by group: model.",
  );
});

test("the text has the numbers, or what is strongest of many", () => {
  expect(bundleOf(plot([heads, losses, gaps], { title: "All" })).data["text/plain"]).toBe(
    [
      "All",
      "Scores: score, layer × head 2 × 2; strongest: layer 1 head 0 (1.000), layer 0 head 1 (0.2500), layer 0 head 0 (0)",
      "Loss: nats over position",
      "line     least       most        mean",
      "───────  ──────────  ──────────  ─────",
      "whole    1.000 at 1  3.000 at 0  2.000",
      "without  4.000 at 0  5.000 at 2  4.500",
      "Gaps: gap",
      "group  model",
      "─────  ──────────────────────────",
      "old    −0.2000 [−0.3000, −0.1000]",
      "young  0.1000 [0, 0.2000]",
    ].join("\n"),
  );
});

test("drop-downs choose views, and a choice that was not measured is not made up", () => {
  const menus = [
    { name: "model", options: ["a", "b"] },
    { name: "metric", options: ["TPR", "FPR"] },
  ];
  const view = (choice: string[]) => ({ choice, charts: [gaps] });
  const { payload } = plot({ menus, views: [view(["a", "TPR"]), view(["b", "FPR"])] });
  expect(viewAt(payload, ["b", "FPR"])).toBe(payload.views[1]);
  expect(viewAt(payload, ["a", "FPR"])).toBe(undefined);
  expect(() => plot({ menus, views: [view(["a", "x"])] })).toThrow(
    'menu "metric" offers no "x": it has TPR, FPR',
  );
  expect(() => plot(heads, losses as never)).toThrow(
    "plot of several charts: give them as one list, plot([first, second])",
  );
  expect(() => plot({ menus, views: [view(["a"])] })).toThrow("has a view for 1 menus, there are 2");
  expect(() => plot({ menus, views: [view(["a", "TPR"]), view(["a", "TPR"])] })).toThrow("has two views for");
});

test("a heat map's picture has each value's colour, and signed values diverge from 0", () => {
  const signed = heatmap({
    x: "x",
    y: "y",
    value: "v",
    values: { data: Float32Array.of(-1, 2), shape: [1, 2] },
  });
  expect([signed.lo, signed.hi]).toEqual([-2, 2]);
  for (const chart of [heads, signed]) {
    const picture = pixelsOf(plot(chart).bundle.data["image/png"] as string);
    const ramp = rampOf("light", chart, levels);
    const defined = chart.values.flat().filter((value) => value !== null);
    for (const value of defined) {
      const colour = ramp[Math.round(((value - chart.lo) / (chart.hi - chart.lo)) * (levels - 1))]!;
      expect(picture.count(colour), `${value}`).toBeGreaterThanOrEqual(28 * 28);
    }
  }
});

test("lines, bars and points are drawn in their colours; a longer bar is larger", () => {
  const both = plot([losses, gaps]);
  const picture = pixelsOf(both.bundle.data["image/png"] as string);
  expect(picture.count(seriesColour("light", 0))).toBeGreaterThan(100);
  expect(picture.count(seriesColour("light", 1))).toBeGreaterThan(100);
  const area = (value: number) => {
    const chart = bars({
      labels: { name: "l", labels: ["a", "b"] },
      value: "v",
      series: [
        { name: "one", values: [value, 0] },
        { name: "two", values: [0, 10] },
      ],
    });
    return pixelsOf(plot(chart).bundle.data["image/png"] as string).count(seriesColour("light", 0));
  };
  expect(area(10) / area(5)).toBeGreaterThan(1.8);
  // The axis then reaches from the bar below 0 up to the other series: 10 of 20 against 5 of 15.
  expect(area(-10) / area(-5)).toBeCloseTo(1.5, 1);
});

test("charts side by side that show one value are on one scale", () => {
  const of = (value: string, size: number) =>
    bars({
      title: value,
      labels: { name: "l", labels: ["a"] },
      value,
      series: [{ name: "s", values: [size] }],
    });
  const area = (charts: Parameters<typeof plot>[0]) =>
    pixelsOf(plot(charts).bundle.data["image/png"] as string).count(seriesColour("light", 0));
  const whole = area([of("v", 10), of("w", 10)]);
  // A bar of another value has an axis of its own, one of the same value half the height for half the number.
  expect(area([of("v", 10), of("w", 5)]) / whole).toBeCloseTo(1, 1);
  expect(area([of("v", 10), of("v", 5)]) / whole).toBeCloseTo(0.75, 1);
});

test("each tick is printed as the number at which it stands", () => {
  const near = { name: "s", x: [100_000, 100_050], y: [1000.1, 1000.6] };
  const svg = plotVector(plot(lines({ x: "x", y: "y", lines: [near] })).payload);
  const printed = [...svg.matchAll(/<text [^>]*>([\d.]+)<\/text>/g)].map(([, text]) => Number(text));
  const at = (from: number, step: number) =>
    Array.from({ length: 6 }, (_, i) => Number((from + i * step).toFixed(9)));
  expect(printed).toEqual([...at(1000.1, 0.1), ...at(100_000, 10)]);
});

test("bars of more series than there are pixels are drawn over each other, within their label's place", () => {
  const series = Array.from({ length: 60 }, (_, i) => ({
    name: `s${i}`,
    values: Array(40).fill(1) as number[],
  }));
  const labels = Array.from({ length: 40 }, (_, i) => `l${i}`);
  const { width, height, at } = pixelsOf(
    plot(bars({ labels: { name: "l", labels }, value: "v", series })).bundle.data["image/png"] as string,
  );
  const colours = new Set(Array.from({ length: 7 }, (_, i) => seriesColour("light", i).join()));
  const drawn = Array.from({ length: width }, (_, x) => colours.has(at(x, Math.floor(height / 2))));
  const starts = drawn.filter((is, x) => is && !drawn[x - 1]);
  expect(starts).toHaveLength(40);
});

test("what does not fit is refused in one line", () => {
  const short = { labels: { name: "g", labels: ["a", "b"] }, value: "v", title: "T" };
  expect(() => plot(bars({ ...short, series: [{ name: "s", values: [1] }] }))).toThrow(
    'bars "T": "s" has 1 values, the labels of g are 2',
  );
  expect(() => plot(forest({ ...short, series: [{ name: "s", values: [1, 2], low: [0, 1] }] }))).toThrow(
    'forest "T": "s" has one limit without the other',
  );
  expect(() => plot(lines({ x: "x", y: "y", lines: [{ name: "s", x: [1], y: [1, 2] }] }))).toThrow(
    'lines "": "s" has 2 values, its places are 1',
  );
  expect(() => heatmap({ x: "x", y: "y", value: "v", values: { data: [1, 2, 3], shape: [2, 2] } })).toThrow(
    "heatmap of shape [2, 2] with 3 values: it needs [y, x], filled",
  );
  const line = { x: "x", y: "y", lines: [{ name: "s", y: [1, 2] }] };
  expect(() => plot(lines({ ...line, lines: [{ name: "s", x: [0, NaN], y: [1, 2] }] }))).toThrow(
    'lines "": place 1 of "s" is NaN: a place must be a finite number',
  );
  for (const at of [NaN, Infinity])
    for (const chart of [
      lines({ ...line, title: "T", references: [{ axis: "y", at, label: "chance" }] }),
      bars({ ...short, series: [], references: [{ at, label: "chance" }] }),
    ])
      expect(() => plot(chart)).toThrow(
        `${chart.kind} "T": reference "chance" is at ${at}: a place must be a finite number`,
      );
  expect(() => plot(heatmap({ x: "x", y: "y", value: "v", values: [[1]], range: [0, Infinity] }))).toThrow(
    'heatmap "": colours from 0 to Infinity: the ends must be finite and rising',
  );
  expect(() => plot(heatmap({ x: "x", y: "y", value: "v", values: [] }))).toThrow(
    'heatmap "": y has no labels: it needs at least one',
  );
  expect(() => plot(forest({ labels: { name: "g", labels: [] }, value: "v", series: [] }))).toThrow(
    'forest "": g has no labels: it needs at least one',
  );
  expect(() => plot([])).toThrow("a plot needs at least one chart");
  const payload = JSON.parse(JSON.stringify(plot(gaps).payload)) as {
    views: { charts: { kind: string }[] }[];
  };
  payload.views[0]!.charts[0]!.kind = "pie";
  expect(() => parsePlot(payload)).toThrow(/^plot payload\.views\[0\]\.charts\[0\]/);
});

test("nothing defined is drawn as nothing, in every kind", () => {
  const none = { name: "s", values: [null] };
  const labels = { name: "g", labels: ["a"] };
  const charts = [
    heatmap({ x: "x", y: "y", value: "v", values: [[NaN]] }),
    lines({ x: "x", y: "y", lines: [{ name: "s", y: [null] }] }),
    bars({ labels, value: "v", series: [none] }),
    forest({ labels, value: "v", series: [none] }),
  ];
  const { payload } = plot(charts, { title: "Nothing" });
  expect((parsePlot(JSON.parse(JSON.stringify(payload))) as PlotPayload).views[0]!.charts).toHaveLength(4);
});
