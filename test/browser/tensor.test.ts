import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tensor } from "../../kernel/dist/display/index.js";
import { nonFinite, rampOf } from "../../kernel/dist/display/payload/index.js";
import { contrasts } from "./contrast.js";
import { openNotebook, refuseKernel, root, setTheme, startBrowser, startLab } from "./lab.js";
import type { Lab, LabPage } from "./lab.js";
import { notebook, output } from "./notebook.js";

const shape = [2, 9, 24] as const;
const [, positions, units] = shape;
/** Halves and quarters, which every step keeps exactly; the largest of both signs is 16. */
const valueAt = (batch: number, position: number, unit: number) => {
  if (batch === 0 && position === 2 && unit === 20) return NaN;
  if (batch === 1 && position === 8 && unit === 23) return -16;
  return ((position - 4) * (unit - 11)) / 4 + batch / 2;
};
const data = Float32Array.from({ length: 2 * positions * units }, (_, i) =>
  valueAt(Math.floor(i / (positions * units)), Math.floor(i / units) % positions, i % units),
);
const figure = tensor(
  {
    shape,
    data,
    axes: ["batch", "position", "unit"],
    name: "layers.3.attention.query",
    alias: "model.decoder.layers.3.self_attn.q_proj",
    shards: [
      {
        axis: 2,
        parts: [
          { ranks: [2], from: 0, to: 12 },
          { ranks: [3], from: 12, to: 24 },
        ],
      },
    ],
    provenance: {
      model: "synthetic",
      fingerprint: "5e1f9a3b7c2d4e60",
      mesh: "pipeline 2 × tensor 2",
      devices: ["cpu", "cpu", "cpu", "cpu"],
      dtype: "f32",
      seed: null,
      versions: { vitrail: "0.1.0" },
      call: 'forward("…", capture("layers.3.attention.query"))',
    },
  },
  { index: { batch: 0 } },
);

/** What NumPy and torch say of the same values. */
const golden = JSON.parse(
  readFileSync(join(root, "test", "goldens", "statistics", "statistics.json"), "utf8"),
) as {
  cases: Record<string, Record<"mean" | "std" | "min" | "max", number> & { data: string; counts: number[] }>;
};
const outliers = golden.cases["outliers"]!;
const wide = tensor(
  {
    shape: [3, 5, 40],
    name: "residual",
    axes: ["batch", "head", "position"],
    data: new Float32Array(Uint8Array.from(Buffer.from(outliers.data, "base64")).buffer),
    shards: [
      {
        axis: 1,
        parts: [
          { ranks: [0], from: 0, to: 3 },
          { ranks: [1], from: 3, to: 5 },
        ],
      },
    ],
  },
  { rows: "batch", columns: "position", index: { head: 2 } },
);
const long = tensor(
  {
    shape: [4, 30, 2000],
    name: "logits",
    axes: ["batch", "position", "token"],
    data: Float32Array.from({ length: 4 * 30 * 2000 }, (_, i) => Math.sin(1e4 * Math.sin(i + 1))),
  },
  { budget: { soft: 400_000, hard: 800_000 } },
);

const folder = mkdtempSync(join(tmpdir(), "vitrail-notebooks-"));
let lab: Lab;
let browser: Browser;
let open: LabPage;
let page: Page;
const figures = ".vt-tensor";
const [first, second, third] = [0, 1, 2].map((i) => `${figures} >> nth=${i}`) as [string, string, string];

beforeAll(async () => {
  const broken = JSON.parse(JSON.stringify(figure.bundle)) as typeof figure.bundle;
  Object.assign(broken.data["application/vnd.vitrail.tensor.v1+json"] as object, { axes: ["<b>x</b>"] });
  writeFileSync(
    join(folder, "saved.ipynb"),
    notebook(
      [
        output("run.get('layers.3.attention.query')", figure.bundle),
        output("tensor(residual)", wide.bundle),
        output("tensor(logits)", long.bundle),
        output("tensor(broken)", broken),
      ],
      "absent",
    ),
  );
  [lab, browser] = await Promise.all([startLab(folder), startBrowser()]);
  open = await openNotebook(browser, lab, "saved.ipynb");
  page = open.page;
  await refuseKernel(page);
  await page.waitForSelector(third);
});

afterAll(async () => {
  await browser?.close();
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const say = (of: string) => page.textContent(`${of} >> .vt-status`);

/** The colour of each cell of a map that is seen whole, [row][column]. */
async function colours(of: string, rows: number, columns: number): Promise<number[][][]> {
  return page.locator(`${of} >> .vt-slice-canvas`).evaluate(
    (node, [rows, columns]) => {
      const canvas = node as HTMLCanvasElement;
      const context = canvas.getContext("2d")!;
      const [width, height] = [canvas.width / columns, canvas.height / rows];
      return Array.from({ length: rows }, (_, row) =>
        Array.from({ length: columns }, (_, column) => [
          ...context.getImageData(Math.floor((column + 0.5) * width), Math.floor((row + 0.5) * height), 1, 1)
            .data,
        ]),
      );
    },
    [rows, columns] as const,
  );
}

/** Every cell against the value that was put there. */
async function expectSlice(
  value: (row: number, column: number) => number,
  [rows, columns]: readonly [number, number],
  theme: "light" | "dark",
): Promise<void> {
  const ramp = rampOf(theme, { lo: -16 });
  const found = await colours(first, rows, columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = value(row, column);
      const wanted = Number.isFinite(at)
        ? ramp[Math.round(((at + 16) / 32) * (ramp.length - 1))]!
        : nonFinite[theme];
      expect(found[row]![column], `at ${row}, ${column}`).toEqual([...wanted, 255]);
    }
}

async function screenshot(name: string): Promise<void> {
  await page
    .locator(".jp-Notebook")
    .screenshot({ path: join(root, ".vitrail", "screenshots", `tensor-${name}.png`) });
}

test("a saved notebook shows a tensor without a kernel: every cell has its value's colour", async () => {
  expect(await page.textContent(`${first} >> .vt-name`)).toBe("layers.3.attention.query");
  expect(await page.textContent(`${first} >> .vt-summary`)).toBe("batch 2 × position 9 × unit 24 · f32");
  await expectSlice((row, column) => valueAt(0, row, column), [positions, units], "light");
  await screenshot("light");
});

test("the statistics are those that torch and NumPy find", async () => {
  const shown = await page.locator(`${second} >> .vt-statistics dd`).allTextContents();
  const numbers = shown.map((text) => Number(text.replace("−", "-")));
  const { mean, std, min, max, counts } = outliers;
  for (const [i, expected] of [mean, std, min, max].entries())
    expect(Math.abs(numbers[i]! - expected) / Math.abs(expected)).toBeLessThan(5e-4);
  expect(numbers.slice(4)).toEqual([0, 0, 0]);
  const heights = await page
    .locator(`${second} >> .vt-bars i`)
    .evaluateAll((bars) => bars.map((bar) => parseFloat((bar as HTMLElement).style.height)));
  // Nearly all values are in two bins, so heights are logarithms.
  const most = Math.log(1 + Math.max(...counts));
  expect(heights).toEqual(counts.map((count) => Number(((100 * Math.log(1 + count)) / most).toFixed(2))));
});

test("pointing at a cell says where it is, its value and the rank that held it", async () => {
  const box = (await page.locator(`${first} >> .vt-slice-stage`).boundingBox())!;
  const [width, height] = [box.width / units, box.height / positions];
  await page.mouse.move(box.x + 3.5 * width, box.y + 6.5 * height);
  expect(await say(first)).toBe(
    `batch 0, position 6, unit 3: ${String(valueAt(0, 6, 3)).replace("-", "−")} · rank 2`,
  );
  await page.mouse.move(box.x + 20.5 * width, box.y + 2.5 * height);
  expect(await say(first)).toBe("batch 0, position 2, unit 20: NaN · rank 3");
});

test("ranks stand over the units that they held, and a line parts them", async () => {
  const shards = page.locator(`${first} >> .vt-column-shards .vt-shard`);
  expect(await shards.allTextContents()).toEqual(["rank 2", "rank 3"]);
  const stage = (await page.locator(`${first} >> .vt-slice-stage`).boundingBox())!;
  const [left, right] = [(await shards.nth(0).boundingBox())!, (await shards.nth(1).boundingBox())!];
  const middle = stage.x + stage.width / 2;
  for (const x of [left.x + left.width, right.x]) expect(Math.abs(x - middle)).toBeLessThan(1.5);
  const edge = (await page.locator(`${first} >> .vt-shard-edge`).boundingBox())!;
  expect(Math.abs(edge.x + edge.width / 2 - middle)).toBeLessThan(1.5);
  expect(edge.height).toBeCloseTo(stage.height, 0);
  // An axis that is not shown names its rank beside the slider.
  expect(await page.textContent(`${second} >> .vt-other output`)).toBe("2 of 5 · rank 0");
});

test("by keys alone: another entry, single values, other axes", async () => {
  const slider = page.locator(`${first} >> .vt-other input`);
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  await expectSlice((row, column) => valueAt(1, row, column), [positions, units], "light");
  await page.locator(`${first} >> .vt-slice-stage`).focus();
  for (const key of ["End", ...Array<string>(8).fill("ArrowDown")]) await page.keyboard.press(key);
  expect(await say(first)).toBe("batch 1, position 8, unit 23: −16 · rank 3");
  const selected = await page.evaluate(() => document.activeElement?.className);
  expect(selected).toBe("vt-slice-stage");
  const rows = page.locator(`${first} >> .vt-axes select`).first();
  await rows.focus();
  await rows.selectOption({ label: "unit (24)" });
  // The axis that both would show is swapped.
  await expectSlice((row, column) => valueAt(1, column, row), [units, positions], "light");
  expect(await page.locator(`${first} >> .vt-row-shards .vt-shard`).allTextContents()).toEqual(["2", "3"]);
  await rows.selectOption({ label: "position (9)" });
  await slider.focus();
  await page.keyboard.press("Home");
});

test("the same values are in a table with headers and a caption", async () => {
  await page.click(`${first} >> summary:has-text('Values as numbers')`);
  const table = page.locator(`${first} >> table`).first();
  expect(await table.locator("caption").textContent()).toBe(
    "layers.3.attention.query at batch 0: position by unit",
  );
  const row = await table.locator("tbody tr").nth(3).locator("th, td").allTextContents();
  expect(row).toEqual([
    "3",
    ...Array.from({ length: units }, (_, unit) => String(valueAt(0, 3, unit)).replace("-", "−")),
  ]);
  await page.click(`${first} >> summary:has-text('Values as numbers')`);
});

test("a large slice scrolls, keeps its numbers in view, and says what the notebook does not hold", async () => {
  const note = await page.textContent(`${third} >> .vt-footer`);
  const { part, truncated, statistics } = long.payload;
  const [batches, kept] = part.block.shape as [number, number];
  expect([batches, kept]).toEqual([1, 30]);
  expect(statistics.count).toBe(240_000);
  expect(truncated).not.toBe(null);
  expect(note).toContain("of 240,000 values (batch 0 of 4");
  const scroller = page.locator(`${third} >> .vt-slice`);
  const tick = page.locator(`${third} >> .vt-column-ticks span`).first();
  expect(await tick.textContent()).toBe("0");
  await page.locator(`${third} >> .vt-slice-stage`).focus();
  await page.keyboard.press("End");
  const last = part.block.shape[2]! - 1;
  const value = Math.fround(Math.sin(1e4 * Math.sin(last + 1)));
  expect(await say(third)).toBe(
    `batch 0, position 0, token ${last}: ${String(Number(value.toPrecision(7))).replace("-", "−")}`,
  );
  await page.waitForFunction(
    (selector) => document.querySelectorAll(selector)[2]!.scrollLeft > 0,
    ".vt-slice",
  );
  expect(await scroller.evaluate((node) => node.scrollWidth > node.clientWidth)).toBe(true);
  const stage = (await scroller.boundingBox())!;
  const ring = (await page.locator(`${third} >> .vt-cell`).boundingBox())!;
  expect(ring.x).toBeLessThan(stage.x + stage.width);
});

test("the dark theme redraws the map in its own colours", async () => {
  await setTheme(page, "dark");
  await expectSlice((row, column) => valueAt(0, row, column), [positions, units], "dark");
  // What was scrolled to before is drawn where it is seen.
  const [scrolled, drawn] = await page.locator(`${third} >> .vt-slice`).evaluate((node) => {
    const canvas = node.querySelector("canvas")!;
    return [node.scrollLeft, parseFloat(canvas.style.left)];
  });
  expect(scrolled).toBeGreaterThan(0);
  expect(drawn).toBe(Math.floor(scrolled!));
  await screenshot("dark");
});

test("nothing leaves a narrow page, and every text can be read on its ground", async () => {
  for (const theme of ["dark", "light"] as const) {
    await setTheme(page, theme);
    expect(await contrasts(page, figures)).toEqual([]);
  }
  await page.setViewportSize({ width: 600, height: 1100 });
  await page.evaluate(() => {
    const { jupyterapp } = window as unknown as {
      jupyterapp: { shell: { collapseLeft(): void } };
    };
    jupyterapp.shell.collapseLeft();
  });
  await page.waitForFunction(() => document.querySelector(".vt-tensor")!.clientWidth < 560);
  for (const of of [first, second, third])
    expect(
      await page.locator(of).evaluate((node) => node.scrollWidth - node.clientWidth),
    ).toBeLessThanOrEqual(0);
  await screenshot("narrow");
});

test("a payload that is not sound is one line of text", async () => {
  expect(await page.locator(".vt-error").allTextContents()).toEqual([
    "axes has 1 entries, shape [2, 9, 24] has 3 axes",
  ]);
});

test("nothing was asked of another host, and nothing went wrong", () => {
  expect([open.outside, open.problems]).toEqual([[], []]);
});
