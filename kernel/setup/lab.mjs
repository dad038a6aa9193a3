import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, environmentPython, root, state } from "./place.mjs";

const share = join(environment, "share", "jupyter");
const extension = join(share, "labextensions", "vitrail-jupyterlab");

/** Makes the kernel, the prebuilt extension and our settings known to the project's JupyterLab, and to no other. */
export async function installIntoLab() {
  /** @type {{ installKernelspec(prefix: string): string }} */
  const { installKernelspec } = await import("../dist/jupyter/kernelspec.js");
  installKernelspec(environment);
  rmSync(extension, { recursive: true, force: true });
  cpSync(join(root, "extension", "prebuilt"), extension, { recursive: true });
  // Without an answer, Lab asks whether it may fetch news, and covers the notebook with the question.
  const settings = join(share, "lab", "settings");
  mkdirSync(settings, { recursive: true });
  writeFileSync(
    join(settings, "overrides.json"),
    JSON.stringify({
      "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
    }),
  );
}

/**
 * Runs JupyterLab on a notebook, in the foreground.
 *
 * @param {{ notebook: string, browser: boolean, port: number | undefined }} options
 * @returns {Promise<number>} its exit code
 */
export async function runLab({ notebook, browser, port }) {
  const args = [
    "-m",
    "jupyterlab",
    "--ip=127.0.0.1",
    "-y",
    `--ServerApp.root_dir=${root}`,
    `--LabApp.default_url=/lab/tree/${notebook}`,
    "--ServerApp.log_level=WARN",
    "--LabApp.log_level=WARN",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    ...(browser ? [] : ["--no-browser"]),
    ...(port === undefined ? [] : [`--port=${port}`]),
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  ];
  const env = labEnvironment();
  const child = spawn(environmentPython, args, { cwd: root, env, stdio: "inherit" });
  // Ctrl-C reaches Lab from the terminal itself, which then ends; a plain signal is passed on.
  process.on("SIGINT", () => {});
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"]))
    process.on(signal, () => child.kill(signal));
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : 0)));
  });
  const started = setInterval(() => {
    const url = listening(env.JUPYTER_RUNTIME_DIR, child.pid);
    if (url === undefined) return;
    clearInterval(started);
    console.log(`\nJupyterLab is at ${url.replace(/\/?(\?|$)/, `/lab/tree/${notebook}$1`)}`);
    console.log("Ctrl-C ends it; sessions live on until they are closed or idle.\n");
  }, 100);
  try {
    return await ended;
  } finally {
    clearInterval(started);
  }
}

/** Settings, runtime files and workspaces of the project's own, so that nothing of the user's Jupyter is read or written. */
export function labEnvironment() {
  const home = join(state, "jupyter-home");
  const folder = (/** @type {string} */ name) => {
    mkdirSync(join(home, name), { recursive: true, mode: 0o700 });
    return join(home, name);
  };
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (/^(JUPYTER|PYTHON(PATH|HOME)$)/.test(name)) delete env[name];
  return {
    ...env,
    JUPYTER_CONFIG_DIR: folder("config"),
    JUPYTER_DATA_DIR: folder("data"),
    JUPYTER_RUNTIME_DIR: folder("runtime"),
    IPYTHONDIR: folder("ipython"),
    JUPYTER_PREFER_ENV_PATH: "1",
  };
}

/**
 * Address, with its token, of the server that this process is, once it listens.
 *
 * @param {string} runtime
 * @param {number | undefined} pid
 */
function listening(runtime, pid) {
  const file = join(runtime, `jpserver-${pid}.json`);
  if (!existsSync(file)) return undefined;
  const { url, token } = JSON.parse(readFileSync(file, "utf8"));
  return `${url}?token=${token}`;
}
