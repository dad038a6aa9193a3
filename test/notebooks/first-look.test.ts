import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hookTreeType, parseHookTree, pointsOf, ramp } from "../../kernel/dist/display/payload/index.js";
import { openNotebook, root, startBrowser, startLab } from "../browser/lab.js";
import type { Lab, LabPage } from "../browser/lab.js";
import { readCells, runJupyter, textOf, type readOutputs } from "./execute.js";
import { expectNoOutputs, notebookRoom } from "./room.js";

const attentionType = "application/vnd.vitrail.attention.v1+json";
const browserPath = process.env["VITRAIL_CHROMIUM"] ?? "/usr/bin/chromium";

const room = notebookRoom();
let outputs: ReturnType<typeof readOutputs>;
const printed = (id: string) => outputs.printed(id);
const shown = (id: string) => outputs.shown(id);

beforeAll(async () => {
  outputs = await room.execute("01-first-look", "page");
});

test("the notebook is kept without outputs", () => {
  expectNoOutputs("01-first-look");
});

test("every cell runs, and says nothing on the error stream", () => {
  expect(outputs.problems).toEqual([]);
});

test("the plan and the hook points of the first layer are shown", () => {
  expect(printed("open")).toContain("pipeline 2");
  const points = shown("points");
  expect(pointsOf(parseHookTree(points[hookTreeType]).nodes).map(({ name }) => name)).toContain(
    "layers.0.attention.pattern",
  );
  const tree = textOf(points["text/plain"] as string);
  expect(tree).toMatch(/─ pattern +\[batch, 4, position, position\]/);
  expect(tree).not.toContain("layers.1");
  expect(points["image/png"]).toBeDefined();
});

test("attention is stored as a payload with a picture and a text beside it", () => {
  for (const id of ["sentence", "induction"]) {
    expect(Object.keys(shown(id)).sort(), id).toEqual([attentionType, "image/png", "text/plain"]);
    expect(textOf(shown(id)["text/plain"] as string)).toContain("2 layers × 4 heads");
  }
});

test("the previous-token head and the induction head do what they are said to do", () => {
  const [, weight] = /with weight (\d\.\d+)/.exec(printed("value")) ?? [];
  expect(Number(weight)).toBeGreaterThanOrEqual(0.9);
  const [, score, where] = /induction score (\d\.\d+) at (.*)/.exec(printed("induction")) ?? [];
  expect(Number(score)).toBeGreaterThanOrEqual(0.8);
  expect(where).toBe("layers.1.attention.pattern, head 1");
});

test("as a page of nbconvert's it holds the pictures, and their alternative texts where the template writes them", async () => {
  const pictures = [...readCells(join(room.folder, "page-out.ipynb")).values()]
    .flatMap(({ outputs }) => outputs ?? [])
    .flatMap(({ data, metadata }) => {
      const png = data?.["image/png"];
      return png === undefined ? [] : [{ png: textOf(png as string).trim(), about: metadata?.["image/png"] }];
    });
  expect(pictures.length).toBeGreaterThan(2);
  // Of nbconvert's own templates, only the classic one asks for the alternative text.
  for (const template of ["lab", "classic"]) {
    const options = ["--to", "html", "--template", template, "--output", `as-${template}`];
    await runJupyter("jupyter-nbconvert", [...options, join(room.folder, "page-out.ipynb")], room.env);
    const html = readFileSync(join(room.folder, `as-${template}.html`), "utf8");
    const images = [...html.matchAll(/<img\b[^>]*>/g)].map(([image]) => image);
    for (const { png, about } of pictures) {
      const [image = ""] = images.filter((each) => each.includes(`src="data:image/png;base64,${png}`));
      expect(image, template).not.toBe("");
      const { alt } = about as { alt: string };
      // Without what a page must write in another way: it puts a text with quotes of one kind into quotes of the other.
      expect(alt).toMatch(/^[^&<>']{10,}$/);
      if (template === "classic") expect(image).toContain(alt);
    }
  }
});

test("nothing of the session is left", room.expectNothingLeft);

const noBrowser = !existsSync(browserPath);
if (noBrowser) console.warn(`the notebook is not opened in a browser: no ${browserPath}`);

describe.skipIf(noBrowser)("in JupyterLab", () => {
  let lab: Lab;
  let browser: Browser;

  beforeAll(async () => {
    // Jupyter trusts contents, not files, so the copy to be trusted must differ.
    const saved = JSON.parse(readFileSync(join(room.folder, "page-out.ipynb"), "utf8")) as {
      metadata: object;
    };
    const metadata = { ...saved.metadata, title: "First look" };
    writeFileSync(join(room.folder, "trusted.ipynb"), JSON.stringify({ ...saved, metadata }));
    await runJupyter("jupyter-trust", [join(room.folder, "trusted.ipynb")], room.env);
    mkdirSync(join(root, ".vitrail", "screenshots"), { recursive: true });
    [lab, browser] = await Promise.all([startLab(room.folder, { env: room.env }), startBrowser()]);
  });

  afterAll(async () => {
    await browser?.close();
    await lab?.stop();
  });

  test.each(["trusted", "untrusted"])("what was saved is drawn, %s", async (state) => {
    const open = await openNotebook(browser, lab, state === "trusted" ? "trusted.ipynb" : "page-out.ipynb");
    const figures = open.page.locator(".vt-attention");
    await figures.first().scrollIntoViewIfNeeded();
    await expect.poll(() => figures.count()).toBe(2);
    expect(await isTrusted(open)).toBe(state === "trusted");

    const payload = shown("sentence")[attentionType] as { tokens: readonly string[] };
    const [sentence, random] = [figures.nth(0), figures.nth(1)];
    expect(await sentence.locator(".vt-queries .vt-token").allTextContents()).toEqual(
      payload.tokens.map((token) => token.trim()),
    );
    expect(await sentence.locator(".vt-title").textContent()).toBe("Layer 1 · head 1");

    // The previous-token head: full ink under the diagonal, paper elsewhere.
    await choose(sentence, 0, 0);
    const size = payload.tokens.length;
    const previous = await colours(sentence, size);
    const [paper, ink] = [ramp("light")[0]!, ramp("light").at(-1)!];
    for (let query = 1; query < size; query++) {
      expect(near(previous[query]![query - 1]!, ink), `ink at ${query}`).toBe(true);
      for (let key = 0; key < query - 1; key++)
        expect(near(previous[query]![key]!, paper), `paper at ${query}, ${key}`).toBe(true);
    }
    await screenshot(sentence, `first-look-${state}`);

    // The induction head: from each repeated token to the one after the earlier occurrence.
    await random.scrollIntoViewIfNeeded();
    expect(await random.locator(".vt-title").textContent()).toBe("Layer 1 · head 1");
    const period = 24;
    const induction = await colours(random, 1 + 2 * period);
    // Position 0 is the token that begins every text.
    const found = Array.from({ length: period }, (_, i) => induction[1 + period + i]![i + 2]!);
    expect(found.filter((colour) => near(colour, ink)).length / period).toBeGreaterThanOrEqual(0.8);
    await screenshot(random, `first-look-induction-${state}`);

    expect([open.outside, open.problems]).toEqual([[], []]);
    await open.page.close();
  });
});

const isTrusted = ({ page }: LabPage): Promise<boolean> =>
  page.evaluate(() => {
    const { jupyterapp } = window as unknown as {
      jupyterapp: {
        shell: { currentWidget: { content: { widgets: { model: { type: string; trusted: boolean } }[] } } };
      };
    };
    const models = jupyterapp.shell.currentWidget.content.widgets.map(({ model }) => model);
    return models.filter(({ type }) => type === "code").every(({ trusted }) => trusted);
  });

/** Clicks on a head of the overview of 2 layers × 4 heads. */
async function choose(figure: Locator, layer: number, head: number): Promise<void> {
  const overview = figure.locator(".vt-overview-canvas");
  const box = (await overview.boundingBox())!;
  await overview.click({
    position: { x: (box.width * (head + 0.5)) / 4, y: (box.height * (layer + 0.5)) / 2 },
  });
  await expect.poll(() => figure.locator(".vt-title").textContent()).toBe(`Layer ${layer} · head ${head}`);
}

/** Colour in the middle of every cell of the large map, by query and key. */
function colours(figure: Locator, size: number): Promise<number[][][]> {
  return figure.locator(".vt-zoom-canvas").evaluate((node, size) => {
    const { width, height } = node as HTMLCanvasElement;
    const { data } = (node as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
    const middle = (i: number, of: number) => Math.floor(((i + 0.5) * of) / size);
    return Array.from({ length: size }, (_, query) =>
      Array.from({ length: size }, (_, key) => {
        const at = 4 * (middle(query, height) * width + middle(key, width));
        return [...data.slice(at, at + 3)];
      }),
    );
  }, size);
}

/** Within a tenth of the way from paper to ink. */
function near(colour: readonly number[], wanted: readonly number[]): boolean {
  return colour.every((channel, i) => Math.abs(channel - wanted[i]!) <= 25);
}

async function screenshot(figure: Locator, name: string): Promise<void> {
  await figure.screenshot({ path: join(root, ".vitrail", "screenshots", `${name}.png`) });
}
