import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hookTree } from "../../kernel/dist/display/index.js";
import { hookTreeType } from "../../kernel/dist/display/payload/index.js";
import type { TreeMark, TreeNode, TreePoint } from "../../kernel/dist/display/payload/index.js";
import { contrasts } from "./contrast.js";
import { openNotebook, refuseKernel, root, setTheme, startBrowser, startLab } from "./lab.js";
import type { Lab, LabPage } from "./lab.js";
import { notebook, output } from "./notebook.js";

function point(name: string, label: string, stage: number, hooks: readonly TreeMark[] = []): TreePoint {
  const isPattern = label === "pattern";
  return {
    kind: "point",
    name,
    label,
    stage,
    marks: hooks,
    aliases: [name.replace("layers", "model.decoder.layers").replace("attention", "self_attn")],
    shape: isPattern ? "[batch, 12, position, position]" : "[batch, position, 768]",
    partition: isPattern ? "split by head" : "whole",
  };
}

function layer(i: number): TreeNode {
  const [name, stage] = [`layers.${i}`, i < 3 ? 0 : 1];
  const hooks: Record<string, TreeMark> = {
    "layers.2.attention.pattern": { hook: 0, path: null },
    "layers.2.mlp.output": { hook: 1, path: "model.decoder.layers.2.fc2" },
    "layers.4.residual.out": { hook: 2, path: null },
  };
  const at = (path: string, label = path.split(".").at(-1)!) => {
    const mark = hooks[`${name}.${path}`];
    return point(`${name}.${path}`, label, stage, mark === undefined ? [] : [mark]);
  };
  const part = (label: string, children: readonly TreePoint[]): TreeNode => ({
    kind: "part",
    name: `${name}.${label}`,
    label,
    stage,
    marks: [],
    children,
  });
  return {
    kind: "part",
    name,
    label: name,
    stage,
    marks: [],
    children: [
      at("residual.in", "residual.in"),
      part("attention", [at("attention.q"), at("attention.pattern"), at("attention.output")]),
      part("mlp", [at("mlp.hidden"), at("mlp.output")]),
      at("residual.out", "residual.out"),
    ],
  };
}

const figure = hookTree({
  model: "facebook/opt-125m",
  glob: "*",
  of: 45,
  stages: [
    [0, 1],
    [2, 3],
  ],
  hooks: [
    {
      name: "watch",
      kind: "capture",
      printed: 'capture("layers.2.attention.pattern")',
      groups: ["look"],
      enabled: true,
    },
    {
      name: "quiet",
      kind: "edit",
      printed: 'edit("model.decoder.layers.2.fc2", zero)',
      groups: ["ablate", "study"],
      enabled: false,
    },
    {
      name: "steer",
      kind: "host edit",
      printed: 'edit("layers.4.residual.out", a function)',
      groups: ["study"],
      enabled: true,
    },
  ],
  nodes: [
    point("embedding", "embedding", 0),
    ...Array.from({ length: 6 }, (_, i) => layer(i)),
    point("norm", "norm", 1),
    point("logits", "logits", 1),
  ],
  provenance: null,
});

const folder = mkdtempSync(join(tmpdir(), "vitrail-notebooks-"));
let lab: Lab;
let browser: Browser;
let open: LabPage;
let page: Page;
const item = (name: string) => page.locator(`[role=treeitem][data-name="${name}"]`);
const row = (name: string) => item(name).locator(":scope > .vt-tree-row");

beforeAll(async () => {
  const broken = JSON.parse(JSON.stringify(figure.bundle)) as typeof figure.bundle;
  Object.assign(broken.data[hookTreeType] as object, { hooks: [] });
  const cells = [output("session.hooks", figure.bundle), output("broken", broken)];
  writeFileSync(join(folder, "saved.ipynb"), notebook(cells, "absent"));
  [lab, browser] = await Promise.all([startLab(folder), startBrowser()]);
  open = await openNotebook(browser, lab, "saved.ipynb");
  page = open.page;
  await refuseKernel(page);
  await page.waitForSelector(".vt-hook-tree");
});

afterAll(async () => {
  await browser?.close();
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function screenshot(name: string): Promise<void> {
  const path = join(root, ".vitrail", "screenshots", `hook-tree-${name}.png`);
  await page.locator(".jp-Notebook").screenshot({ path });
}

test("a saved notebook shows the tree without a kernel: layers with hooks are open, their columns aligned", async () => {
  expect(await page.getByRole("tree").getAttribute("aria-label")).toBe("Hook points of facebook/opt-125m");
  expect(await row("layers.2.attention.pattern").isVisible()).toBe(true);
  expect(await row("layers.0.residual.in").isVisible()).toBe(false);
  const lefts = await page
    .locator(".vt-tree-point > .vt-tree-row:visible > :nth-child(2)")
    .evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().left));
  expect(lefts.length).toBeGreaterThan(10);
  for (const left of lefts) expect(Math.abs(left - lefts[0]!)).toBeLessThan(0.5);
  await screenshot("light");
});

test("by keys alone: layers open and fold, and JupyterLab stays in the tree", async () => {
  await item("embedding").focus();
  for (const key of ["ArrowDown", "ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
  const focused = () => page.evaluate(() => (document.activeElement as HTMLElement).dataset["name"]);
  expect(await focused()).toBe("layers.0.residual.in");
  expect(await row("layers.0.residual.in").isVisible()).toBe(true);
  for (const key of ["ArrowLeft", "ArrowLeft"]) await page.keyboard.press(key);
  expect(await focused()).toBe("layers.0");
  expect(await row("layers.0.residual.in").isVisible()).toBe(false);
  await page.keyboard.press("End");
  expect(await focused()).toBe("logits");
});

test("a name in the filter leaves what bears it, and none brings all back", async () => {
  const field = page.getByRole("searchbox", { name: "Filter points and hooks" });
  await field.fill("ablate");
  expect(await page.locator(".vt-tree-point > .vt-tree-row:visible").count()).toBe(1);
  await field.fill("");
  expect(await row("logits").isVisible()).toBe(true);
});

test("every text can be read on its ground in both themes", async () => {
  for (const theme of ["dark", "light"] as const) {
    await setTheme(page, theme);
    expect(await contrasts(page, ".vt-hook-tree")).toEqual([]);
    if (theme === "dark") await screenshot("dark");
  }
});

test("a payload that is not sound is one line of text, and nothing was asked of another host", async () => {
  expect(await page.locator(".vt-error").allTextContents()).toEqual([
    "layers.2.attention.pattern is marked with hook 0, the payload has 0",
  ]);
  expect([open.outside, open.problems]).toEqual([[], []]);
});
