import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { metricRow, metrics } from "../../kernel/dist/display/index.js";
import { openNotebook, refuseKernel, root, setTheme, startBrowser, startLab } from "./lab.js";
import type { Lab, LabPage } from "./lab.js";
import { notebook, output } from "./notebook.js";

const row = (group: string, estimate: number | null) =>
  metricRow({
    model: "toy",
    category: "age",
    group,
    metric: "negative_FPR_gap",
    n: 40,
    estimate,
    ...(estimate === null ? {} : { low: estimate - 0.1, high: estimate + 0.05, p: 0.2 }),
  });
const table = metrics([row("old", 0.2), row("<img src=x>", -0.15), row("adult", null), row("young", 0.05)], {
  notes: ["mine"],
});

const folder = mkdtempSync(join(tmpdir(), "vitrail-notebooks-"));
let lab: Lab;
let browser: Browser;
let open: LabPage;

beforeAll(async () => {
  writeFileSync(join(folder, "saved.ipynb"), notebook([output("metrics(rows)", table.bundle)], "absent"));
  [lab, browser] = await Promise.all([startLab(folder), startBrowser()]);
  open = await openNotebook(browser, lab, "saved.ipynb");
  await refuseKernel(open.page);
  await open.page.waitForSelector(".vt-metrics");
});

afterAll(async () => {
  await browser?.close();
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Of every row: the group, and the colours of its estimate. */
const shown = () =>
  open.page.locator(".vt-metrics tbody tr").evaluateAll((rows) =>
    rows.map((each) => {
      const cells = [...each.children] as HTMLElement[];
      const { backgroundColor, color } = getComputedStyle(cells[3]!);
      return { group: cells[0]!.textContent, estimate: cells[3]!.textContent, backgroundColor, color };
    }),
  );

const brightness = (colour: string) =>
  colour
    .match(/\d+/g)!
    .slice(0, 3)
    .reduce((sum, each, i) => sum + Number(each) * [0.299, 0.587, 0.114][i]!, 0);

test("a saved, untrusted notebook shows its table without a kernel, and headers sort it", async () => {
  expect((await shown()).map(({ group }) => group)).toEqual(["old", "<img src=x>", "adult", "young"]);
  await open.page.getByRole("button", { name: "estimate" }).click();
  expect((await shown()).map(({ estimate }) => estimate)).toEqual(["−0.150", "0.050", "0.200", "–"]);
  // The bar of an interval is as wide as the interval is of the metric's extent, −0.25 to 0.25.
  const [range, bar] = await Promise.all(
    [".vt-interval-range", ".vt-interval-bar"].map((name) => open.page.locator(name).first().boundingBox()),
  );
  expect(range!.width / bar!.width).toBeCloseTo(0.15 / 0.5, 1);
  expect(await open.page.locator(".vt-metrics img").count()).toBe(0);
});

test("numbers that are the same in all rows stay columns, and the caveats that the rows call for are told", async () => {
  expect(await open.page.locator(".vt-metrics th").allTextContents()).toEqual([
    "group",
    "metric",
    "n",
    "estimate",
    "interval",
    "p",
  ]);
  expect(await open.page.locator(".vt-metrics .vt-note").allTextContents()).toEqual([
    "model toy · category age",
    "mine",
    expect.stringContaining("Naming a majority group is marked"),
  ]);
});

test("numbers can be read on their colours, in both themes", async () => {
  const seen: string[] = [];
  for (const theme of ["light", "dark"] as const) {
    await setTheme(open.page, theme);
    const rows = (await shown()).filter(({ estimate }) => estimate !== "–");
    for (const { color, backgroundColor } of rows) {
      expect(Math.abs(brightness(color) - brightness(backgroundColor)), theme).toBeGreaterThan(90);
      seen.push(backgroundColor);
    }
  }
  expect(new Set(seen).size).toBe(6);
  await open.page
    .locator(".vt-metrics")
    .screenshot({ path: join(root, ".vitrail", "screenshots", "metrics-dark.png") });
  expect([open.outside, open.problems]).toEqual([[], []]);
});
