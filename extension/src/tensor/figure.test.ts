import { beforeAll, expect, test } from "vitest";
import type { TensorPayload } from "vitrail/payload";
import { TensorFigure } from "./figure.js";

// jsdom has no canvas: what is drawn is tested in drawing.test.ts, and in a browser; here is everything else.
beforeAll(() => {
  HTMLCanvasElement.prototype.getContext = (() => null) as never;
  Object.assign(globalThis, { ImageData: class {} });
});

const scale = { kind: "linear", lo: -8, hi: 8 } as const;

/** Of [2, 3, 4] the second batch, values 12 to 23; ranks share the units, and data ranks the batch. */
function payload(change: Partial<TensorPayload> = {}): unknown {
  const values = new Float32Array(12).map((_, i) => 12 + i);
  const data = btoa(String.fromCharCode(...new Uint8Array(values.buffer)));
  const block = {
    dtype: "f32",
    shape: [1, 3, 4],
    order: "C",
    endian: "little",
    encoding: "base64",
    scale,
    data,
  };
  const parts = (a: number[], b: number[], middle: number, end: number) => [
    { ranks: a, from: 0, to: middle },
    { ranks: b, from: middle, to: end },
  ];
  return {
    name: "<b>x</b>",
    alias: null,
    dtype: "f32",
    shape: [2, 3, 4],
    axes: ["batch", "position", "unit"],
    statistics: {
      count: 24,
      mean: 11.5,
      std: 7.0710678,
      min: 0,
      max: 23,
      nan: 0,
      positiveInfinity: 0,
      negativeInfinity: 0,
    },
    histogram: { lo: 0, hi: 23, counts: [20, 0, 3, 1] },
    shards: [
      { axis: 0, parts: parts([0, 1], [2, 3], 1, 2) },
      { axis: 2, parts: parts([0, 2], [1, 3], 3, 4) },
    ],
    part: { from: [1, 0, 0], block },
    truncated: { kept: 12, of: 24, reason: "all of them need 9 MB, the budget is 1 MB soft and 4 MB hard" },
    view: { rows: 1, columns: 2, index: [1, 0, 0], scale },
    provenance: null,
    ...change,
  };
}

async function figure(): Promise<HTMLElement> {
  const { node } = await TensorFigure.of(payload(), "light");
  document.body.replaceChildren(node);
  return node;
}

const text = (node: Element, selector: string) => node.querySelector(selector)?.textContent ?? undefined;
const texts = (node: Element, selector: string) =>
  [...node.querySelectorAll(selector)].map((each) => each.textContent);
const press = (node: Element, key: string) =>
  node.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

test("the figure says what it shows, what is said of all of it, and what was left out; markup stays text", async () => {
  const node = await figure();
  expect(text(node, ".vt-name")).toBe("<b>x</b>");
  expect(text(node, ".vt-summary")).toBe("batch 2 × position 3 × unit 4 · f32");
  expect(texts(node, ".vt-statistics div")).toEqual([
    "mean11.50",
    "std7.071",
    "min0",
    "max23.00",
    "NaN0",
    "+∞0",
    "−∞0",
  ]);
  expect(texts(node, ".vt-note")).toEqual([
    "Split by batch: 0 on ranks 0 and 1, 1 on ranks 2 and 3.",
    "Split by unit: 0 to 2 on ranks 0 and 2, 3 on ranks 1 and 3.",
    "The notebook keeps 12 of 24 values (batch 1 of 2): all of them need 9 MB, the budget is 1 MB soft and 4 MB hard. " +
      "The statistics and the histogram are of all.",
  ]);
  expect(node.querySelector("b")).toBe(null);
});

test("arrow keys read values at their place in the whole tensor, with the one rank that held them", async () => {
  const node = await figure();
  const stage = node.querySelector(".vt-slice-stage")!;
  press(stage, "ArrowDown");
  expect(text(node, ".vt-status")).toBe("batch 1, position 1, unit 0: 16 · rank 2");
  press(stage, "End");
  expect(text(node, ".vt-status")).toBe("batch 1, position 1, unit 3: 19 · rank 3");
  press(stage, "Escape");
  expect(text(node, ".vt-status")).toMatch(/^Point at a cell/);
});

test("an axis of which one entry is kept has a slider that says so and does not move", async () => {
  const node = await figure();
  const slider = node.querySelector<HTMLInputElement>(".vt-other input")!;
  expect([slider.disabled, slider.min, slider.max]).toEqual([true, "1", "1"]);
  expect(text(node, ".vt-other output")).toBe("1 of 2 · ranks 2 and 3");
});

test("choosing the other's axis swaps rows and columns", async () => {
  const node = await figure();
  const [rows, columns] = node.querySelectorAll("select");
  rows!.value = "2";
  rows!.dispatchEvent(new Event("change"));
  expect([rows!.value, columns!.value]).toEqual(["2", "1"]);
  press(node.querySelector(".vt-slice-stage")!, "ArrowDown");
  expect(text(node, ".vt-status")).toBe("batch 1, position 0, unit 1: 13 · rank 2");
  expect(texts(node, ".vt-corner span")).toEqual(["position →", "unit ↓"]);
});

test("bars are as high as their counts, or as the logarithms of those", async () => {
  const node = await figure();
  const heights = () =>
    [...node.querySelectorAll<HTMLElement>(".vt-bars i")].map((bar) => parseFloat(bar.style.height));
  expect(heights()).toEqual([100, 0, 15, 5]);
  node.querySelectorAll<HTMLButtonElement>(".vt-spread button")[1]!.click();
  const log = (count: number) => Number(((100 * Math.log(1 + count)) / Math.log(21)).toFixed(2));
  expect(heights()).toEqual([20, 0, 3, 1].map(log));
  node.querySelectorAll(".vt-bars span")[2]!.dispatchEvent(new MouseEvent("mouseenter"));
  expect(text(node, ".vt-status")).toBe("3 values from 11.50 to 17.25");
});

test("a payload that is not sound is refused before anything is drawn", async () => {
  await expect(TensorFigure.of(payload({ axes: ["one"] }), "light")).rejects.toThrow("axes has 1 entries");
});
