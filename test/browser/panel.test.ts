import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jupyterProgram, openNotebook, root, startBrowser, startLab } from "./lab.js";
import type { Lab, LabPage } from "./lab.js";
import { notebook } from "./notebook.js";

// The kernels here are Jupyter's own for Python, which speak the protocol and subshells as it is written, with the
// panel's comm answered by panelKernel.py. Only the name `vitrail` makes the panel speak to one of them.
const folder = mkdtempSync(join(tmpdir(), "vitrail-panel-"));
let lab: Lab;
let browser: Browser;
let open: LabPage;
let page: Page;

beforeAll(async () => {
  const spec = join(folder, "data", "kernels", "vitrail");
  mkdirSync(spec, { recursive: true });
  const script = join(root, "test", "browser", "panelKernel.py");
  writeFileSync(
    join(spec, "kernel.json"),
    JSON.stringify({
      argv: [
        jupyterProgram("python"),
        "-m",
        "ipykernel_launcher",
        "-f",
        "{connection_file}",
        `--IPKernelApp.exec_files=["${script}"]`,
      ],
      display_name: "Vitrail",
      language: "python",
    }),
  );
  mkdirSync(join(folder, "notebooks"));
  const cell = { cell_type: "code", id: "a", metadata: {}, execution_count: null, source: "1", outputs: [] };
  writeFileSync(join(folder, "notebooks", "ours.ipynb"), notebook([cell]));
  writeFileSync(join(folder, "notebooks", "other.ipynb"), notebook([cell], "python3"));
  [lab, browser] = await Promise.all([
    startLab(join(folder, "notebooks"), { data: [join(folder, "data")] }),
    startBrowser(),
  ]);
  open = await openNotebook(browser, lab, "ours.ipynb");
  page = open.page;
});

afterAll(async () => {
  await browser?.close();
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs one of Lab's commands, or shows one of its side panels. */
const command = (on: Page, name: string) =>
  on.evaluate(async (name) => {
    const { jupyterapp } = window as unknown as {
      jupyterapp: {
        commands: { execute(name: string): Promise<unknown> };
        shell: { activateById(id: string): void };
      };
    };
    if (name.includes(":")) await jupyterapp.commands.execute(name);
    else jupyterapp.shell.activateById(name);
  }, name);

const restart = (on: Page) =>
  on.evaluate(async () => {
    const { jupyterapp } = window as unknown as {
      jupyterapp: {
        shell: { currentWidget: { sessionContext: { session: { kernel: { restart(): Promise<void> } } } } };
      };
    };
    await jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart();
  });

test("the panel shows the ranks of the notebook's sessions", async () => {
  await command(page, "vitrail-session-panel");
  await page.waitForSelector(".vt-card", { timeout: 60_000 });
  expect(await page.locator(".vt-card h3").allTextContents()).toEqual(["opt", "gpt2"]);
  expect(await page.locator(".vt-card >> nth=0 >> tbody").allTextContents()).toEqual([
    "0cpu315 MB●readystage 0 · layers 0–5 · data 0 · tensor 0",
    "1cpu315 MB✕loststage 1 · layers 6–11 · data 0 · tensor 0",
  ]);
  // The narrow sidebar that Lab opens first shows the whole table.
  const hidden = await page
    .locator(".vt-ranks")
    .first()
    .evaluate((node) => node.scrollWidth - node.clientWidth);
  expect(hidden).toBe(0);
  expect(await page.textContent(".vt-panel [role=status]")).toBe("opt is ready, gpt2 is busy");
  await page.screenshot({ path: join(root, ".vitrail", "screenshots", "panel.png") });
});

test("the comm waits for its subshell, so that it never stands behind a running cell", async () => {
  expect(await page.textContent(".vt-facts")).toContain("subshell of ");
});

test("close, pressed twice, ends a session", async () => {
  const button = page.locator(".vt-card:has(h3:text-is('gpt2')) .vt-close");
  await button.click();
  expect(await page.locator(".vt-card").count()).toBe(2);
  await button.click();
  await page.waitForFunction(() => document.querySelectorAll(".vt-card").length === 1);
  expect(await page.textContent(".vt-panel [role=status]")).toBe("opt is ready");
});

test("after a kernel restart the panel finds the new kernel by a new comm", async () => {
  // More than once, because what a restart interrupts differs from one to the next.
  for (let turn = 0; turn < 4; turn++) {
    const before = await page.textContent(".vt-facts");
    await restart(page);
    await page.waitForFunction(
      (before) => {
        const now = document.querySelector(".vt-facts")?.textContent ?? "";
        return now !== before && now.includes("subshell of ");
      },
      before,
      { timeout: 30_000 },
    );
  }
  expect(await page.locator(".vt-card h3").allTextContents()).toEqual(["opt", "gpt2"]);
});

test("with a kernel of another kind the panel is silent", async () => {
  const other = await openNotebook(browser, lab, "other.ipynb");
  await command(other.page, "vitrail-session-panel");
  await other.page.waitForFunction(
    () =>
      document.querySelector(".vt-panel [role=status]")?.textContent ===
      "This notebook does not run on Vitrail.",
    undefined,
    { timeout: 60_000 },
  );
  await restart(other.page);
  await other.page.waitForTimeout(2_000);
  const comms = (sent: readonly string[]) => sent.filter((text) => text.includes("vitrail.session"));
  expect(other.sent.length).toBeGreaterThan(0);
  expect(comms(other.sent)).toEqual([]);
  // The same look at our own notebook's messages finds its comms.
  expect(comms(open.sent).length).toBeGreaterThanOrEqual(2);
  expect([other.outside, other.problems]).toEqual([[], []]);
  await other.page.close();
});

test("nothing was asked of another host, and nothing went wrong", () => {
  expect([open.outside, open.problems]).toEqual([[], []]);
});
