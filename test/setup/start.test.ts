import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("npm start serves the first notebook with our kernel and extension, and nothing of the user's Jupyter", async () => {
  const home = mkdtempSync(join(tmpdir(), "vt-home-"));
  const child = spawn(process.execPath, [join(root, "kernel/setup/start.mjs"), "--no-browser"], {
    // A user's Jupyter that must be neither read nor written.
    env: {
      ...process.env,
      HOME: home,
      JUPYTER_PATH: join(home, "path"),
      JUPYTER_CONFIG_DIR: join(home, "config"),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => (said += text.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  try {
    const address = () =>
      /^JupyterLab is at (?<base>http:\/\/127\.0\.0\.1:\d+)\/lab\/tree\/notebooks\/01-first-look\.ipynb\?token=(?<token>\w+)$/m.exec(
        said,
      )?.groups;
    await expect
      .poll(address, { timeout: 120_000 })
      .toBeDefined()
      .catch(() => expect(said).toBe(""));
    const { base, token } = address()!;
    const ask = async (path: string) => {
      const answer = await fetch(`${base}/${path}`, { headers: { authorization: `token ${token}` } });
      expect(answer.status, path).toBe(200);
      return answer;
    };
    await ask("lab/tree/notebooks/01-first-look.ipynb");
    await ask("api/contents/notebooks/01-first-look.ipynb?content=0");

    const { kernelspecs } = (await (await ask("api/kernelspecs")).json()) as {
      kernelspecs: Record<string, { spec: { argv: string[] } }>;
    };
    expect(kernelspecs["vitrail"]!.spec.argv[1]).toBe(join(root, "kernel/dist/jupyter/main.js"));
    expect(await (await ask("lab")).text()).toContain("vitrail-jupyterlab");
    // Answered already, so that no question covers the notebook.
    const news = await ask("lab/api/settings/@jupyterlab/apputils-extension:notification");
    expect(await news.json()).toMatchObject({ schema: { properties: { fetchNews: { default: "false" } } } });
  } finally {
    child.kill("SIGTERM");
    const code = await ended;
    // npm keeps a log wherever it is asked for its version; nothing else is the user's business.
    const left = readdirSync(home).filter((name) => name !== ".npm");
    rmSync(home, { recursive: true, force: true });
    expect({ code, left }).toEqual({ code: 0, left: [] });
    expect(said).not.toMatch(/error|fail|traceback/i);
  }
});
