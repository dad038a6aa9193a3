import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attention } from "../../kernel/dist/display/index.js";
import { ramp } from "../../kernel/dist/display/payload/index.js";
import { canvasHash, openNotebook, refuseKernel, root, setTheme, startBrowser, startLab } from "./lab.js";
import type { Lab, LabPage } from "./lab.js";
import { notebook, output } from "./notebook.js";
import { sentence, syntheticRun } from "./patterns.js";

const run = syntheticRun(sentence, 4, 4);
const figure = attention(run);
const folder = mkdtempSync(join(tmpdir(), "vitrail-notebooks-"));
let lab: Lab;
let browser: Browser;
let open: LabPage;
let page: Page;

beforeAll(async () => {
  const broken = JSON.parse(JSON.stringify(figure.bundle)) as typeof figure.bundle;
  Object.assign(broken.data["application/vnd.vitrail.attention.v1+json"] as object, { heads: 5 });
  const hostile = syntheticRun(["<img src=x onerror=alert(1)>", "<b>", "\u202e"], 1, 1);
  writeFileSync(join(folder, "saved.ipynb"), notebook([output("attention(run)", figure.bundle)], "absent"));
  writeFileSync(
    join(folder, "odd.ipynb"),
    notebook(
      [output("attention(broken)", broken), output("attention(hostile)", attention(hostile).bundle)],
      "absent",
    ),
  );
  [lab, browser] = await Promise.all([startLab(folder), startBrowser()]);
  open = await openNotebook(browser, lab, "saved.ipynb");
  page = open.page;
  await refuseKernel(page);
  await page.waitForSelector(".vt-zoom-canvas");
});

afterAll(async () => {
  await browser?.close();
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The colour in the middle of a square of a canvas, in the canvas's own pixels. */
async function colourAt(selector: string, x: number, y: number): Promise<number[]> {
  return page
    .locator(selector)
    .evaluate(
      (canvas, [x, y]) => [...(canvas as HTMLCanvasElement).getContext("2d")!.getImageData(x, y, 1, 1).data],
      [Math.floor(x), Math.floor(y)] as const,
    );
}

const n = sentence.length;
const weightOf = (layer: number, head: number, query: number, key: number) =>
  run.captures.get(`layers.${layer}.attention.pattern`)!.data[(head * n + query) * n + key]!;

/** Compares every cell of the large map with the run's own weights. */
async function expectMap(layer: number, head: number, theme: "light" | "dark"): Promise<void> {
  const colours = ramp(theme);
  const { width } = await canvasHash(page, ".vt-zoom-canvas");
  const pixels = await page.locator(".vt-zoom-canvas").evaluate((node) => {
    const canvas = node as HTMLCanvasElement;
    return [...canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data];
  });
  const cell = width / n;
  for (let query = 0; query < n; query++)
    for (let key = 0; key < n; key++) {
      const at = 4 * (Math.floor((query + 0.5) * cell) * width + Math.floor((key + 0.5) * cell));
      const found = pixels.slice(at, at + 4);
      if (key > query) {
        expect(found, `masked ${query}, ${key}`).toEqual([0, 0, 0, 0]);
        continue;
      }
      // The payload holds eleven bits of each weight, so a weight between two colours may show either.
      const at255 = 255 * weightOf(layer, head, query, key);
      const near = [at255 - 0.06, at255 + 0.06].map((x) => [...colours[Math.round(Math.max(0, x))]!, 255]);
      expect(near, `layer ${layer} head ${head} at ${query}, ${key}`).toContainEqual(found);
    }
}

test("a saved, untrusted notebook shows its attention without a kernel", async () => {
  const state = await page.evaluate(() => {
    const { jupyterapp } = window as unknown as {
      jupyterapp: {
        shell: {
          currentWidget: {
            content: { widgets: { model: { trusted: boolean } }[] };
            sessionContext: { session: unknown };
          };
        };
      };
    };
    const panel = jupyterapp.shell.currentWidget;
    return {
      trusted: panel.content.widgets.map(({ model }) => model.trusted),
      session: panel.sessionContext.session,
    };
  });
  expect(state).toEqual({ trusted: [false], session: null });
  expect(await page.textContent(".vt-summary")).toBe("4 layers × 4 heads · 15 tokens");
  expect(await page.textContent(".vt-title")).toBe("Layer 1 · head 2");
  expect(await page.textContent(".vt-character")).toMatch(/^induction 0\.9/);
  const labels = sentence.map((token) => token.trim());
  expect(await page.locator(".vt-queries .vt-token").allTextContents()).toEqual(labels);
  expect(await page.locator(".vt-keys .vt-token").allTextContents()).toEqual(labels);
  expect(await page.textContent(".vt-provenance")).toContain(
    "synthetic (5e1f9a3b7c2d) · pipeline 2 × tensor 1",
  );
  await page
    .locator(".jp-Notebook")
    .screenshot({ path: join(root, ".vitrail", "screenshots", "attention-light.png") });
});

test("the large map has the run's weights, cell by cell", async () => {
  await expectMap(1, 2, "light");
});

test("tokens stand at their rows and columns", async () => {
  const canvas = (await page.locator(".vt-zoom-canvas").boundingBox())!;
  const cell = canvas.width / n;
  for (const i of [0, 5, n - 1]) {
    const query = (await page.locator(".vt-queries .vt-token").nth(i).boundingBox())!;
    expect(Math.abs(query.y + query.height / 2 - (canvas.y + (i + 0.5) * cell))).toBeLessThan(1.5);
    expect(query.x + query.width).toBeLessThan(canvas.x);
    // A label turned by 45° begins above its column and ends to the right of it.
    const key = (await page.locator(".vt-keys .vt-token").nth(i).boundingBox())!;
    expect(key.y + key.height).toBeLessThanOrEqual(canvas.y + 1);
    expect(Math.abs(key.x - (canvas.x + (i + 0.5) * cell))).toBeLessThan(cell / 2);
  }
});

test("a click on a head of the overview shows that head", async () => {
  const before = await canvasHash(page, ".vt-zoom-canvas");
  const overview = await canvasHash(page, ".vt-overview-canvas");
  // Head 3 of layer 2, counted in quarters of the sprite.
  await page.locator(".vt-overview-canvas").click({
    position: { x: (overview.width * 3.5) / 4, y: (overview.height * 2.5) / 4 },
  });
  await page.waitForFunction(() => document.querySelector(".vt-title")?.textContent === "Layer 2 · head 3");
  expect((await canvasHash(page, ".vt-zoom-canvas")).hash).not.toBe(before.hash);
  await expectMap(2, 3, "light");
});

test("arrow keys move between heads and leave the notebook's cells alone", async () => {
  await page.locator(".vt-overview-stage").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => document.querySelector(".vt-title")?.textContent === "Layer 1 · head 2");
  await expectMap(1, 2, "light");
  expect(await page.evaluate(() => document.activeElement?.className)).toBe("vt-overview-stage");
});

test("pointing at a cell says its tokens and its weight", async () => {
  const box = (await page.locator(".vt-zoom-canvas").boundingBox())!;
  const cell = box.width / n;
  await page.mouse.move(box.x + 3.5 * cell, box.y + 12.5 * cell);
  expect(await page.textContent(".vt-status")).toBe(
    `query " nurse" at 12 → key " told" at 3: ${weightOf(1, 2, 12, 3).toFixed(3)}`,
  );
  expect(await page.locator(".vt-token-lit").allTextContents()).toEqual(["told", "nurse"]);
});

test("the dark theme redraws every canvas in its own colours, and back", async () => {
  const selectors = [".vt-zoom-canvas", ".vt-overview-canvas", ".vt-bar"];
  const light = await Promise.all(selectors.map((selector) => canvasHash(page, selector)));
  await setTheme(page, "dark");
  const dark = await Promise.all(selectors.map((selector) => canvasHash(page, selector)));
  dark.forEach(({ hash }, i) => expect(hash, selectors[i]).not.toBe(light[i]!.hash));
  await expectMap(1, 2, "dark");
  await page
    .locator(".jp-Notebook")
    .screenshot({ path: join(root, ".vitrail", "screenshots", "attention-dark.png") });
  await setTheme(page, "light");
  const again = await Promise.all(selectors.map((selector) => canvasHash(page, selector)));
  expect(again).toEqual(light);
});

test("logarithmic colours show small weights that linear ones do not", async () => {
  const { width } = await canvasHash(page, ".vt-zoom-canvas");
  const cell = width / n;
  const faint = sentence
    .flatMap((_, query) => sentence.map((_, key) => ({ query, key, weight: weightOf(1, 2, query, key) })))
    .filter(({ weight }) => weight > 0.002 && weight < 0.01)
    .map(({ query, key }) => [(key + 0.5) * cell, (query + 0.5) * cell] as const);
  expect(faint.length).toBeGreaterThan(5);
  const linear = await Promise.all(faint.map(([x, y]) => colourAt(".vt-zoom-canvas", x, y)));
  await page.click(".vt-kinds button:has-text('log')");
  const log = await Promise.all(faint.map(([x, y]) => colourAt(".vt-zoom-canvas", x, y)));
  const paper = ramp("light")[0]!;
  const contrast = (colour: number[]) =>
    Math.max(...paper.map((channel, i) => Math.abs(channel - colour[i]!)));
  log.forEach((colour, i) => expect(contrast(colour)).toBeGreaterThan(contrast(linear[i]!) + 30));
  await page.click(".vt-kinds button:has-text('linear')");
});

test("the picture beside the payload is a PNG that browsers draw with the same colours", async () => {
  const metadata = figure.bundle.metadata["image/png"] as { width: number; height: number };
  const picture = await page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d")!;
    context.drawImage(image, 0, 0);
    const colours = new Set<string>();
    const { data } = context.getImageData(0, 0, image.width, image.height);
    for (let i = 0; i < data.length; i += 4) colours.add(data.slice(i, i + 4).join());
    return { width: image.width, height: image.height, colours: [...colours] };
  }, figure.bundle.data["image/png"] as string);
  expect(picture).toMatchObject({ width: metadata.width, height: metadata.height });
  const strongest = ramp("light", 250)[249]!;
  expect(picture.colours).toContain([...strongest, 255].join());
});

test("nothing was asked of another host, and nothing went wrong", () => {
  expect(open.outside).toEqual([]);
  expect(open.problems).toEqual([]);
});

test("a payload that is not sound is one line of text, and markup in tokens stays text", async () => {
  const odd = await openNotebook(browser, lab, "odd.ipynb");
  let asked = false;
  odd.page.on("dialog", () => (asked = true));
  await refuseKernel(odd.page);
  await odd.page.waitForSelector(".vt-zoom-canvas");
  expect(await odd.page.locator(".vt-error").allTextContents()).toEqual([
    "overview has shape [4, 4, 15, 15], the payload needs [4, 5, 15, 15]",
  ]);
  expect(await odd.page.locator(".vt-queries .vt-token").allTextContents()).toEqual([
    "<img␣src=x␣onerror=alert(1)>",
    "<b>",
    "·",
  ]);
  expect(await odd.page.locator(".vt-attention img, .vt-attention b").count()).toBe(0);
  expect(asked).toBe(false);
  expect([odd.outside, odd.problems]).toEqual([[], []]);
  await odd.page.close();
});
