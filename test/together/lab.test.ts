import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jupyterProgram, openNotebook, root, startBrowser, startLab } from "../browser/lab.js";
import type { Lab, LabPage } from "../browser/lab.js";
import { notebook } from "../browser/notebook.js";
import { endSessions, sessionProcesses } from "./sessions.js";

// Short, because sockets lie in it; and a mark of every process that this test starts.
const runtime = mkdtempSync(join(tmpdir(), "vtl-"));
const folder = mkdtempSync(join(tmpdir(), "vitrail-together-"));
let lab: Lab;
let browser: Browser;
let open: LabPage;
let page: Page;

const sources = {
  open:
    'import { Session, attention, capture, demoCheckpoint } from "vitrail";\n' +
    'const session = await Session.open(demoCheckpoint(), { name: "together", devices: 2 });',
  look:
    'const run = await session.forward("The nurse said that he was tired and that he was late", {\n' +
    '  hooks: [capture("layers.*.attention.pattern")],\n});\nattention(run)',
  long:
    "const rows = Array.from({ length: 32 }, (_, r) => Array.from({ length: 400 }, (_, i) => (7 * i + r) % 900));\n" +
    "for (;;) await session.forward(rows);",
  stuck: "while (true) {}",
};
type Name = keyof typeof sources;

beforeAll(async () => {
  const { installKernelspec } = (await import(join(root, "kernel/dist/jupyter/kernelspec.js"))) as {
    installKernelspec(prefix: string): string;
  };
  installKernelspec(folder);
  mkdirSync(join(folder, "notebooks"));
  mkdirSync(join(root, ".vitrail", "screenshots"), { recursive: true });
  const cells = Object.entries(sources).map(([id, source]) => ({
    cell_type: "code",
    id,
    metadata: {},
    execution_count: null,
    source,
    outputs: [],
  }));
  writeFileSync(join(folder, "notebooks", "together.ipynb"), notebook(cells));
  const python = join(folder, "share", "jupyter", "kernels", "plain");
  mkdirSync(python);
  writeFileSync(
    join(python, "kernel.json"),
    JSON.stringify({
      argv: [jupyterProgram("python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
      display_name: "Python without a debugger",
      language: "python",
      metadata: { debugger: false },
    }),
  );
  writeFileSync(
    join(folder, "notebooks", "plain.ipynb"),
    notebook([{ ...cells[0], source: "print(6 * 7)" }], "plain"),
  );
  // One after the other: where there is no browser, no JupyterLab is left behind.
  browser = await startBrowser();
  lab = await startLab(join(folder, "notebooks"), {
    data: [join(folder, "share", "jupyter")],
    env: { VITRAIL_RUNTIME_DIR: runtime },
  });
  open = await openNotebook(browser, lab, "together.ipynb");
  page = open.page;
});

afterAll(async () => {
  await browser?.close();
  await lab?.stop();
  await endSessions(runtime);
  for (const path of [folder, runtime]) rmSync(path, { recursive: true, force: true });
});

interface InLab {
  readonly jupyterapp: {
    readonly commands: { execute(name: string): Promise<unknown> };
    readonly shell: {
      activateById(id: string): void;
      readonly currentWidget: {
        readonly content: { activeCellIndex: number };
        readonly sessionContext: {
          readonly session: {
            readonly kernel: {
              readonly status: string;
              interrupt(): Promise<void>;
              restart(): Promise<void>;
            };
          };
        };
      };
    };
  };
}

/** Starts a cell as its key does; does not wait for its end. */
const start = (name: Name) =>
  page.evaluate((index) => {
    const { commands, shell } = (window as unknown as InLab).jupyterapp;
    shell.currentWidget.content.activeCellIndex = index;
    void commands.execute("notebook:run-cell");
  }, Object.keys(sources).indexOf(name));

const kernel = (what: "interrupt" | "restart") =>
  page.evaluate(
    (what) =>
      (window as unknown as InLab).jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.[what](),
    what,
  );

const kernelStatus = (on: Page) =>
  on.evaluate(
    () => (window as unknown as InLab).jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status,
  );

const cell = (name: Name) => page.locator(".jp-CodeCell").nth(Object.keys(sources).indexOf(name));
const line = () => page.textContent(".vt-panel [role=status]");
const within = { timeout: 60_000 };

async function close(): Promise<void> {
  const button = page.locator(".vt-card .vt-close");
  await button.click();
  await button.click();
}

async function closed(): Promise<void> {
  await expect.poll(line, within).toBe("No session is open.");
  expect(await page.locator(".vt-card").count()).toBe(0);
  await expect.poll(() => sessionProcesses(runtime), within).toEqual([]);
  expect(readdirSync(runtime)).toEqual([]);
}

test("a notebook opens the demo over two processes and draws its attention", async () => {
  await page.evaluate(() =>
    (window as unknown as InLab).jupyterapp.shell.activateById("vitrail-session-panel"),
  );
  await expect.poll(line, within).toBe("No session is open.");
  await start("open");
  await expect.poll(() => cell("open").locator(".jp-OutputArea").textContent(), within).toContain("ready");
  expect(await cell("open").locator(".jp-OutputArea").textContent()).toContain("pipeline 2");
  await start("look");
  const figure = cell("look").locator(".vt-attention");
  await figure.locator(".vt-zoom-canvas").waitFor(within);
  expect(await figure.locator(".vt-title").textContent()).toMatch(/^Layer \d · head \d$/);
});

test("the panel shows both ranks, their devices, layers and memory", async () => {
  await expect.poll(line, within).toBe("together is ready");
  expect(await page.locator(".vt-card h3").allTextContents()).toEqual(["together"]);
  const ranks = await page.locator(".vt-card tbody").allTextContents();
  expect(ranks).toHaveLength(2);
  for (const [rank, text] of ranks.entries())
    expect(text).toMatch(
      new RegExp(`^${rank}cpu[1-9][\\d.]* MB●readystage ${rank} · layer ${rank} · data 0 · tensor 0$`),
    );
  expect(await page.textContent(".vt-card .vt-facts")).toMatch(
    /^demo · pipeline 2.* · [\d.]+\sMB resident, 4\sMB of weights · 1 notebook$/,
  );
  // Both processes live, under one broker.
  const titles = await page
    .locator(".vt-card tbody")
    .evaluateAll((nodes) => nodes.map((node) => (node as HTMLElement).title));
  const running = sessionProcesses(runtime);
  expect(running).toHaveLength(3);
  for (const title of titles)
    expect(
      running.some((each) => `process ${Number.parseInt(each, 10)}` === title),
      title,
    ).toBe(true);
  await cell("open").scrollIntoViewIfNeeded();
  await page.screenshot({ path: join(root, ".vitrail", "screenshots", "together.png") });
});

test("while a cell keeps the model busy the panel says so, and when it is interrupted as well", async () => {
  await start("long");
  await expect.poll(line, within).toBe("together is busy");
  await kernel("interrupt");
  await expect
    .poll(() => cell("long").locator(".jp-OutputArea").textContent(), within)
    .toContain("interrupted");
  await expect.poll(line, within).toBe("together is ready");
});

test("close, pressed in the panel while a cell never yields, ends the session", async () => {
  await start("stuck");
  await expect.poll(() => kernelStatus(page), within).toBe("busy");
  await close();
  await closed();
  expect(await cell("stuck").locator(".jp-InputPrompt").textContent()).toContain("*");
  await kernel("interrupt");
  await expect
    .poll(() => cell("stuck").locator(".jp-OutputArea").textContent(), within)
    .toContain("interrupted");
});

test("after a restart of the kernel the panel shows and closes what the new one opens", async () => {
  await kernel("restart");
  await expect.poll(line, within).toBe("No session is open.");
  await start("open");
  await expect.poll(line, within).toBe("together is ready");
  expect(await page.locator(".vt-card tbody").count()).toBe(2);
  await start("look");
  await expect.poll(() => cell("look").locator(".jp-InputPrompt").textContent(), within).toBe("[2]:");
  await close();
  await closed();
});

// JupyterLab 4.6 asks its debugger for the modules of any kernel after each cell, also of kernels that have none, and
// does not catch that there is no session. The same happens with Jupyter's own kernel where it says it has no debugger.
const noDebugger = "Error: No active debugger session";

test("nothing is wrong on the console but what JupyterLab says of any kernel, and no request left this machine", async () => {
  const plain = await openNotebook(browser, lab, "plain.ipynb");
  await expect.poll(() => kernelStatus(plain.page), within).toBe("idle");
  await plain.page.evaluate(
    () => void (window as unknown as InLab).jupyterapp.commands.execute("notebook:run-cell"),
  );
  await expect
    .poll(() => plain.page.locator(".jp-OutputArea-output").first().textContent(), within)
    .toContain("42");
  await expect.poll(() => plain.problems, within).toEqual([noDebugger]);
  await plain.page.close();
  expect(open.problems.filter((problem) => problem !== noDebugger)).toEqual([]);
  expect(open.outside).toEqual([]);
});
