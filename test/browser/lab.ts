import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const venv = join(root, ".vitrail", "jupyter");
const prebuilt = join(root, "extension", "prebuilt");
const pinned = "jupyterlab==4.6.4";

/** A JupyterLab server with the prebuilt extension and nothing of the user's. */
export interface Lab {
  readonly url: string;
  readonly token: string;
  /** What the server has logged so far. */
  log(): string;
  stop(): Promise<void>;
}

export interface LabOptions {
  /** Data folders searched before all others, for kernelspecs (`<folder>/kernels/<name>/kernel.json`). */
  readonly data?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Path of a program of the project's Jupyter environment, which is made when it is missing. */
export function jupyterProgram(name: string): string {
  if (!existsSync(join(venv, "bin", "jupyter-lab"))) {
    for (const [program, ...args] of [
      ["python3", "-m", "venv", venv],
      [join(venv, "bin", "pip"), "install", "--quiet", pinned],
    ] as const) {
      const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
      if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed: ${stderr}`);
    }
  }
  return join(venv, "bin", name);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** Where a server under this runtime folder listens, once it does. */
function listening(runtime: string): { url: string; token: string } | undefined {
  const name = existsSync(runtime) && readdirSync(runtime).find((file) => /^jpserver-\d+\.json$/.test(file));
  if (name === undefined || name === false) return undefined;
  try {
    return JSON.parse(readFileSync(join(runtime, name), "utf8")) as { url: string; token: string };
  } catch (error) {
    // The server is still writing it.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Starts JupyterLab on a folder of notebooks. Its settings, data and state live in a temporary folder, removed by `stop`.
 * The extension must have been built (`npm run build --workspace extension`).
 */
export async function startLab(folder: string, options: LabOptions = {}): Promise<Lab> {
  if (!existsSync(join(prebuilt, "package.json")))
    throw new Error(`no extension in ${prebuilt}: npm run build`);
  const home = mkdtempSync(join(tmpdir(), "vitrail-lab-"));
  const inside = (name: string) => join(home, name);
  for (const name of ["config", "data", "runtime", "workspaces", "settings"]) mkdirSync(inside(name));
  cpSync(prebuilt, join(home, "path", "labextensions", "vitrail-jupyterlab"), { recursive: true });
  // Lab asks for leave to fetch news, which would cover the page and reach other hosts, until a setting answers.
  mkdirSync(join(home, "settings", "@jupyterlab", "apputils-extension"), { recursive: true });
  writeFileSync(
    join(home, "settings", "@jupyterlab", "apputils-extension", "notification.jupyterlab-settings"),
    JSON.stringify({ fetchNews: "false", checkForUpdates: false }),
  );
  const args = [
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    `--port=${await freePort()}`,
    `--ServerApp.root_dir=${folder}`,
    "--LabApp.expose_app_in_browser=True",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
  ];
  const child = spawn(jupyterProgram("jupyter-lab"), args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      JUPYTER_PATH: [...(options.data ?? []), inside("path")].join(":"),
      JUPYTER_CONFIG_DIR: inside("config"),
      JUPYTER_DATA_DIR: inside("data"),
      JUPYTER_RUNTIME_DIR: inside("runtime"),
      JUPYTERLAB_WORKSPACES_DIR: inside("workspaces"),
      JUPYTERLAB_SETTINGS_DIR: inside("settings"),
      ...options.env,
    },
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => (log += text.toString()));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async (): Promise<void> => {
    const kill = setTimeout(() => child.kill("SIGKILL"), 20_000);
    child.kill("SIGTERM");
    await ended;
    clearTimeout(kill);
    rmSync(home, { recursive: true, force: true });
  };
  const deadline = Date.now() + 90_000;
  for (;;) {
    const found = listening(inside("runtime"));
    if (
      found !== undefined &&
      (await fetch(`${found.url}api?token=${found.token}`).catch(() => undefined))?.ok
    )
      return { ...found, log: () => log, stop };
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`jupyter lab did not start:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Chromium from VITRAIL_CHROMIUM or the system, without a window; it cannot reach any other host. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env["VITRAIL_CHROMIUM"] ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) throw new Error(`no browser at ${executablePath}: set VITRAIL_CHROMIUM`);
  const offline = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";
  return chromium.launch({ executablePath, args: ["--no-sandbox", offline] });
}

/** An open page of Lab and what it did. */
export interface LabPage {
  readonly page: Page;
  /** Addresses asked for on any other host than the server's. */
  readonly outside: string[];
  /** Errors on the console and exceptions that nothing caught. */
  readonly problems: string[];
  /** Messages to kernels, as their bytes read as text. */
  readonly sent: string[];
}

/** Opens a notebook, by its path under the server's folder, and waits until its cells are drawn. */
export async function openNotebook(browser: Browser, lab: Lab, path: string): Promise<LabPage> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1100 } });
  const outside: string[] = [];
  const problems: string[] = [];
  const sent: string[] = [];
  page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(payload.toString())));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (!["data:", "blob:"].includes(protocol) && hostname !== "127.0.0.1") outside.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  // A workspace of its own, so that no earlier page's layout comes back.
  const workspace = Math.random().toString(36).slice(2);
  await page.goto(`${lab.url}lab/workspaces/${workspace}/tree/${path}?token=${lab.token}`);
  await page.waitForSelector(".jp-Notebook .jp-Cell", { timeout: 90_000 });
  return { page, outside, problems, sent };
}

/** Answers the question for a kernel, which Lab asks when the notebook's own is not installed, with none. */
export async function refuseKernel(page: Page): Promise<void> {
  await page.click(".jp-Dialog button.jp-mod-reject", { timeout: 30_000 });
}

/** Switches Lab's theme as its menu does, and waits until it shows. */
export async function setTheme(page: Page, theme: "light" | "dark"): Promise<void> {
  const name = theme === "dark" ? "JupyterLab Dark" : "JupyterLab Light";
  await page.evaluate(async (name) => {
    const { jupyterapp } = window as unknown as {
      jupyterapp: { commands: { execute(command: string, args: object): Promise<void> } };
    };
    await jupyterapp.commands.execute("apputils:change-theme", { theme: name });
  }, name);
  await page.waitForSelector(`body[data-jp-theme-light="${theme === "light"}"]`, {
    state: "attached",
    timeout: 30_000,
  });
}

/** SHA-256 of a canvas's pixels, and its size: the same on every machine, unlike screenshots, which hold text. */
export async function canvasHash(
  page: Page,
  selector: string,
): Promise<{ width: number; height: number; hash: string }> {
  return page.locator(selector).evaluate(async (node) => {
    const canvas = node as HTMLCanvasElement;
    const { width, height } = canvas;
    const pixels = canvas.getContext("2d")!.getImageData(0, 0, width, height).data;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", pixels));
    return { width, height, hash: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") };
  });
}
