import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bars, forest, heatmap, lines, metricRow, plot } from "../../kernel/dist/display/index.js";
import { rampOf, seriesColour } from "../../kernel/dist/display/payload/index.js";
import { gapPlot } from "../../kernel/dist/fairness/index.js";
import { openNotebook, refuseKernel, root, setTheme, startBrowser, startLab } from "./lab.js";
import type { Lab, LabPage } from "./lab.js";
import { notebook, output } from "./notebook.js";

const scores = Array.from({ length: 8 }, (_, layer) =>
  Array.from({ length: 12 }, (_, head) => (layer === 5 && head === 1 ? 0.93 : 0.04 * ((layer + head) % 5))),
);
const loss = Array.from({ length: 39 }, (_, i) => (i < 20 ? 9 + Math.sin(i) : 1 + Math.sin(i) / 3));
const induction = plot(
  [
    heatmap({
      title: "Induction score by head",
      x: "head",
      y: "layer",
      value: "score",
      values: scores,
      range: [0, 1],
    }),
    lines({
      title: "Loss by position",
      x: "position",
      y: "nats",
      lines: [
        { name: "whole model", y: loss, low: loss.map((y) => y - 0.4), high: loss.map((y) => y + 0.4) },
        { name: "without 5.1", y: loss.map((y, i) => (i < 20 ? y : y + 4)) },
      ],
      references: [
        { axis: "x", at: 20, label: "repeat begins" },
        { axis: "y", at: 6, label: "between $5 and $7" },
      ],
    }),
  ],
  { title: "Induction", notes: ["made for this test"] },
);

const groups = ["old <b>people</b>", "young & free", "adults", "children"];
const gaps = (shift: number) => groups.map((_, i) => Number((shift + 0.1 * i - 0.15).toFixed(3)));
const choice = (model: string, metric: string, shift: number) => ({
  choice: [model, metric],
  charts: ["OPT", "LLaMA"].map((name, i) => {
    const values = gaps(shift + 0.02 * i);
    return forest({
      title: name,
      labels: { name: "group", labels: groups },
      value: `${metric} gap`,
      series: [
        { name: "tuned", values, low: values.map((v) => v - 0.05), high: values.map((v) => v + 0.05) },
        { name: "zero-shot", values: values.map((v) => -v) },
      ],
      references: [{ at: 0, label: "no gap" }],
    });
  }),
});
const menus = [
  { name: "model", options: ["opt", "llama"] },
  { name: "metric", options: ["TPR", "FPR"] },
];
const facets = plot(
  { menus, views: [choice("opt", "TPR", 0), choice("opt", "FPR", 0.1), choice("llama", "TPR", -0.1)] },
  { title: "Gaps by group" },
);
const columns = plot(
  bars({
    labels: { name: "group", labels: groups },
    value: "accuracy",
    series: [
      { name: "tuned", values: [0.8, 0.7, 0.9, 0.6], low: [0.7, 0.6, 0.8, 0.5], high: [0.9, 0.8, 0.95, 0.7] },
    ],
  }),
  { title: "Accuracy" },
);
const measured = {
  opt: { old: [0.3, 0.1], young: [-0.1, 0.2] },
  llama: { old: [0.2, 0.1], young: [0, 0.1] },
};
const byGroup = gapPlot(
  Object.entries(measured).flatMap(([model, groups]) =>
    Object.entries(groups).flatMap(([group, [estimate = 0, half = 0]]) =>
      ["negative_FPR_gap", "negative_FPR"].map((metric) => {
        const known = { model, group, metric, category: "age", n: 8 };
        return metricRow({ ...known, estimate, low: estimate - half, high: estimate + half });
      }),
    ),
  ),
  { facets: "group", title: "Models by group" },
);
const broken = JSON.parse(JSON.stringify(columns.bundle)) as typeof columns.bundle;
(broken.data["application/vnd.vitrail.plot.v1+json"] as { views: unknown[] }).views = [];

const folder = mkdtempSync(join(tmpdir(), "vitrail-plots-"));
let lab: Lab;
let browser: Browser;
let open: LabPage;
let page: Page;

beforeAll(async () => {
  const cells = [
    // It makes Lab load MathJax.
    { cell_type: "markdown", id: "formula", metadata: {}, source: "$x^2$" },
    output("induction", induction.bundle),
    output("facets", facets.bundle),
    output("columns", columns.bundle),
    output("byGroup", byGroup.bundle),
    output("broken", broken),
  ];
  writeFileSync(join(folder, "plots.ipynb"), notebook(cells, "absent"));
  mkdirSync(join(root, ".vitrail", "screenshots"), { recursive: true });
  [lab, browser] = await Promise.all([startLab(folder), startBrowser()]);
  open = await openNotebook(browser, lab, "plots.ipynb");
  page = open.page;
  await refuseKernel(page);
  await page.waitForFunction(() => document.querySelectorAll(".vt-plot .main-svg").length >= 4);
});

afterAll(async () => {
  await browser?.close();
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const screenshot = (name: string) =>
  page.locator(".jp-Notebook").screenshot({ path: join(root, ".vitrail", "screenshots", `${name}.png`) });

const figure = (i: number) => page.locator(".vt-plot").nth(i);

/** Fill colours of the marks that plotly drew. */
const colours = (i: number, selector: string) =>
  figure(i)
    .locator(selector)
    .evaluateAll((marks) => [...new Set(marks.map((mark) => getComputedStyle(mark).fill))]);

const rgb = (colour: readonly number[]) => `rgb(${colour.join(", ")})`;

/** Colours in the picture of a heat map's cells. */
async function heatColours(): Promise<string[]> {
  return figure(0)
    .locator(".heatmaplayer image")
    .evaluate(async (node) => {
      const image = new Image();
      image.src = (node as SVGImageElement).href.baseVal;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext("2d")!;
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      const found = new Set<string>();
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] === 255) found.add(`rgb(${data[i]}, ${data[i + 1]}, ${data[i + 2]})`);
      return [...found];
    });
}

test("a saved, untrusted notebook shows its charts without a kernel, from a chunk that comes with the first", async () => {
  expect(await page.locator(".vt-plot .vt-name").allTextContents()).toEqual([
    "Induction",
    "Gaps by group",
    "Accuracy",
    "Models by group",
  ]);
  expect(await figure(0).locator(".infolayer .annotation-text").allTextContents()).toEqual([
    "Induction score by head",
    "repeat begins",
    "between $5 and $7",
    "Loss by position",
  ]);
  const chunks = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter(({ name }) => name.includes("vitrail-jupyterlab"))
      .map((entry) => (entry as PerformanceResourceTiming).decodedBodySize),
  );
  // What every page loads is small; plotly is the one large chunk.
  expect(chunks.filter((size) => size > 1e6)).toHaveLength(1);
  expect(chunks.filter((size) => size <= 1e6).reduce((sum, size) => sum + size, 0)).toBeLessThan(400_000);
  await screenshot("plot-light");
});

test("colours are those of the theme, and follow it", async () => {
  const expectTheme = async (theme: "light" | "dark") => {
    const ramp = rampOf(theme, { lo: 0 }, 64);
    const found = await heatColours();
    expect(found).toContain(rgb(ramp[0]!));
    // The strongest head lies at 0.93 of the colours, between the stops 58 and 59 of 63.
    const between = ramp[58]!.map((channel, i) => channel + (0.93 * 63 - 58) * (ramp[59]![i]! - channel));
    const away = found.map((each) =>
      Math.max(...each.match(/\d+/g)!.map((channel, i) => Math.abs(Number(channel) - between[i]!))),
    );
    expect(Math.min(...away)).toBeLessThanOrEqual(1);
    expect(await colours(1, ".scatterlayer .point")).toEqual([
      rgb(seriesColour(theme, 0)),
      rgb(seriesColour(theme, 1)),
    ]);
    expect(await colours(2, ".barlayer .point path")).toEqual([rgb(seriesColour(theme, 0))]);
  };
  await expectTheme("light");
  await setTheme(page, "dark");
  await page.waitForFunction(
    (wanted) => getComputedStyle(document.querySelector(".barlayer .point path")!).fill === wanted,
    rgb(seriesColour("dark", 0)),
  );
  await expectTheme("dark");
  await screenshot("plot-dark");
  await setTheme(page, "light");
  await page.waitForFunction(
    (wanted) => getComputedStyle(document.querySelector(".barlayer .point path")!).fill === wanted,
    rgb(seriesColour("light", 0)),
  );
});

test("names are text, never markup or TeX", async () => {
  const widths = await figure(0)
    .locator(".infolayer .annotation-text")
    .evaluateAll((texts) => texts.map((text) => text.getBoundingClientRect().width));
  // Plotly hides what it takes for TeX until it is typeset.
  expect(Math.min(...widths)).toBeGreaterThan(30);
  const labels = await figure(1).locator(".ytick text").allTextContents();
  expect(labels.slice(0, 4)).toEqual(groups);
  expect(await figure(1).locator(".ytick tspan[style*='bold'], .ytick b").count()).toBe(0);
});

test("drop-downs choose what is shown, by keys too, and say where nothing was measured", async () => {
  const place = () =>
    figure(1)
      .locator(".scatterlayer .point")
      .first()
      .evaluate((mark) => (mark as SVGGraphicsElement).getAttribute("transform"));
  const title = () => figure(1).locator(".xtitle").first().textContent();
  expect(await title()).toBe("TPR gap");
  const before = await place();
  await figure(1).locator("select").nth(1).selectOption("FPR");
  await page.waitForFunction(
    () => document.querySelectorAll(".vt-plot")[1]!.querySelector(".xtitle")?.textContent === "FPR gap",
  );
  expect(await place()).not.toBe(before);
  await figure(1).locator("select").nth(0).focus();
  await page.keyboard.type("l");
  await figure(1).getByText("Nothing was measured for this choice.").waitFor();
  await figure(1).locator("select").nth(1).selectOption("TPR");
  await page.waitForFunction(
    () => document.querySelectorAll(".vt-plot")[1]!.querySelector(".xtitle")?.textContent === "TPR gap",
  );
});

/** How many cells the notebook has, and which of them is chosen. */
const cells = () =>
  page.evaluate(() => {
    const { jupyterapp } = window as unknown as {
      jupyterapp: {
        shell: { currentWidget: { content: { widgets: unknown[]; activeCellIndex: number } } };
      };
    };
    const { content } = jupyterapp.shell.currentWidget;
    return { count: content.widgets.length, chosen: content.activeCellIndex };
  });

test("keys pressed in a figure are the figure's: they neither choose another cell nor cut or add one", async () => {
  await page.locator(".jp-CodeCell").nth(1).locator(".jp-InputPrompt").click();
  await page.locator(".jp-Cell.jp-mod-active").focus();
  const before = await cells();
  // The comparison can fail: beside the figure the same key chooses another cell.
  await page.keyboard.press("ArrowDown");
  await expect.poll(cells).toEqual({ ...before, chosen: before.chosen + 1 });
  await page.keyboard.press("ArrowUp");
  await expect.poll(cells).toEqual(before);
  const metric = figure(1).locator("select").nth(1);
  await metric.focus();
  await page.keyboard.press("ArrowDown");
  expect(await metric.inputValue()).toBe("FPR");
  await page.keyboard.press("ArrowUp");
  expect(await metric.inputValue()).toBe("TPR");
  for (const key of ["x", "a", "d", "d"]) await page.keyboard.press(key);
  await figure(1).locator("summary").focus();
  for (const key of ["ArrowDown", "x", "b", "Enter"]) await page.keyboard.press(key);
  const table = figure(1).locator(".vt-table").first();
  await table.focus();
  for (const key of ["ArrowDown", "x"]) await page.keyboard.press(key);
  expect(await cells()).toEqual(before);
  await figure(1).locator("summary").focus();
  await page.keyboard.press("Enter");
  expect(await table.isVisible()).toBe(false);
});

/** Horizontal places in the page of the marks of one chart, from top to bottom. */
const middles = (subplot: string, marks: string) =>
  figure(3)
    .locator(`.subplot.${subplot} ${marks}`)
    .evaluateAll((found) =>
      found
        .map((mark) => mark.getBoundingClientRect())
        .sort((one, other) => one.top - other.top)
        .map(({ left, right }) => ({ middle: (left + right) / 2, width: right - left })),
    );

test("rows of gaps are drawn as a chart for each group, with the models as rows, intervals, and a line at no gap", async () => {
  await figure(3).scrollIntoViewIfNeeded();
  const titles = ".infolayer .annotation-text";
  expect(await figure(3).locator(titles).allTextContents()).toEqual(["no gap", "old", "no gap", "young"]);
  for (const axis of ["ytick", "y2tick"])
    expect(await figure(3).locator(`.${axis} text`).allTextContents()).toEqual(["opt", "llama"]);
  const lines = await figure(3)
    .locator(".shapelayer path")
    .evaluateAll((found) =>
      found.map((each) => each.getBoundingClientRect()).map(({ left, right }) => (left + right) / 2),
    );
  expect(lines).toHaveLength(2);
  // Pixels of a unit, from the width of the first interval; the charts side by side are on one scale.
  let unit = 0;
  for (const [i, group] of (["old", "young"] as const).entries()) {
    const subplot = i === 0 ? "xy" : "x2y2";
    const points = await middles(subplot, ".scatterlayer .point");
    const bars = await middles(subplot, ".errorbars path.xerror");
    expect([points.length, bars.length]).toEqual([2, 2]);
    const zero = [...lines].sort((a, b) => a - b)[i]!;
    const wanted = [measured.opt[group], measured.llama[group]];
    unit ||= bars[0]!.width / (2 * wanted[0]![1]!);
    wanted.forEach(([estimate, half], row) => {
      expect(points[row]!.middle - zero, `${group} ${row}`).toBeCloseTo(estimate! * unit, -0.5);
      expect(bars[row]!.width).toBeCloseTo(2 * half! * unit, -0.5);
    });
  }
  expect(await figure(3).locator(".vt-footer .vt-note").allTextContents()).toEqual(byGroup.payload.notes);
  expect(byGroup.payload.notes.join()).toContain("Naming a majority group is marked");
  // A rate has one side only.
  await figure(3).locator("select").selectOption("negative_FPR");
  await page.waitForFunction(
    () => document.querySelectorAll(".vt-plot")[3]!.querySelector(".xtitle")?.textContent === "negative_FPR",
  );
  expect(await figure(3).locator(".shapelayer path").count()).toBe(0);
});

test("keys read every value, and the same numbers are in a table", async () => {
  const stage = figure(0).locator(".vt-plot-stage");
  expect(await stage.getAttribute("aria-label")).toContain("strongest at layer 5 head 1: 0.9300");
  await stage.focus();
  const status = () => figure(0).locator(".vt-status").textContent();
  await page.keyboard.press("ArrowRight");
  expect(await status()).toBe("layer 0 · head 0: 0");
  for (const key of [...Array<string>(5).fill("ArrowDown"), "ArrowRight"]) await page.keyboard.press(key);
  expect(await status()).toBe("layer 5 · head 1: 0.9300");
  await page.keyboard.press("PageDown");
  expect(await status()).toBe("whole model · position 0: 9.000 [8.6, 9.4]");
  await figure(0).locator("summary").click();
  const table = figure(0).locator("table").first();
  expect(await table.locator("tbody tr").nth(5).locator("td").nth(1).textContent()).toBe("0.9300");
  await figure(0).locator("summary").click();
});

test("a payload that is not sound is one line of text; nothing was asked of another host, and nothing went wrong", async () => {
  expect(await page.locator(".vt-error").allTextContents()).toEqual([
    expect.stringMatching(/^plot payload\.views: /),
  ]);
  expect(open.outside).toEqual([]);
  expect(open.problems).toEqual([]);
});
