import type { Chart } from "vitrail/payload";
import { expect, test } from "vitest";
import { draw } from "./drawing.js";
import { plain } from "./part.js";
import { say, step, type Place } from "./walk.js";

const heat: Chart = {
  kind: "heatmap",
  title: "",
  value: "v",
  lo: -1,
  hi: 1,
  x: { name: "head", labels: ["0", "1"] },
  y: { name: "layer", labels: ["3", "4"] },
  values: [
    [0.5, null],
    [-1, 1],
  ],
};
const line = { name: "a <b>", x: [0, 1, 5], y: [1, null, 3], low: [0.5, null, 2], high: [1.5, null, 4] };
const curve: Chart = { kind: "lines", title: "t", x: "position", y: "nats", lines: [line], references: [] };
const gaps: Chart = {
  kind: "forest",
  title: "",
  value: "gap",
  labels: { name: "group", labels: ["old", "young"] },
  references: [],
  series: [
    { name: "tuned", values: [0.1, 0.2], low: [0, 0.1], high: [0.2, 0.4] },
    { name: "plain", values: [0.3, null], low: null, high: null },
  ],
};
const charts = [heat, curve, gaps];

const walk = (keys: readonly string[]) =>
  keys.reduce<Place | undefined>((from, key) => step(charts, from, key), undefined);

test("keys go from value to value and stop at the ends", () => {
  expect(walk(["ArrowDown"])).toEqual({ chart: 0, row: 0, column: 0 });
  expect(walk(["ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight"])).toEqual({
    chart: 0,
    row: 1,
    column: 1,
  });
  expect(walk(["PageDown", "End"])).toEqual({ chart: 1, row: 0, column: 2 });
  expect(walk(["PageDown", "PageDown", "PageDown", "ArrowDown", "ArrowRight"])).toEqual({
    chart: 2,
    row: 1,
    column: 1,
  });
  expect(step(charts, undefined, "a")).toBe(undefined);
});

test("a value is said with its place and its limits, one that is not defined as a dash", () => {
  expect(say(charts, { chart: 0, row: 1, column: 0 })).toBe("layer 4 · head 0: −1.000");
  expect(say(charts, { chart: 0, row: 0, column: 1 })).toBe("layer 3 · head 1: –");
  expect(say(charts, { chart: 1, row: 0, column: 2 })).toBe("a <b> · position 5: 3.000 [2, 4]");
  expect(say(charts, { chart: 2, row: 0, column: 1 })).toBe("young · tuned: 0.2000 [0.1, 0.4]");
});

test("a band has a gap where the limits are not defined, and an interval its two lengths", () => {
  const { traces } = draw(charts, "light", 900);
  const bands = traces.filter(({ fill }) => fill === "toself");
  expect(bands.map(({ x, y }) => [x, y])).toEqual([
    [
      [0, 0],
      [1.5, 0.5],
    ],
    [
      [5, 5],
      [4, 2],
    ],
  ]);
  const points = traces.filter(({ mode }) => mode === "markers");
  const [tuned, other] = points.map(
    ({ error_x }) => error_x as { visible: boolean; array: number[]; arrayminus: number[] },
  );
  expect(tuned!.array.map((each) => each.toFixed(3))).toEqual(["0.100", "0.200"]);
  expect(tuned!.arrayminus.map((each) => each.toFixed(3))).toEqual(["0.100", "0.100"]);
  expect(other!.visible).toBe(false);
});

test("signed heat maps have a neutral middle, and names are no markup for plotly", () => {
  const [trace] = draw([heat], "dark", 600).traces as { colorscale: [number, string][]; name?: string }[];
  const [low, middle, high] = [0, 32, 63].map((i) => trace!.colorscale[i]![1].match(/\d+/g)!.map(Number));
  expect(Math.max(...middle!) - Math.min(...middle!)).toBeLessThan(20);
  expect(low![2]).toBeGreaterThan(low![0]!);
  expect(high![0]).toBeGreaterThan(high![2]!);
  expect(draw([curve], "light", 600).traces.at(-1)!["name"]).toBe("a &lt;b&gt;");
  expect(plain("a & <i>b</i>")).toBe("a &amp; &lt;i&gt;b&lt;/i&gt;");
});
