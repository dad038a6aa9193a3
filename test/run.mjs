/**
 * Run every test: `npm test`. Prepares all it needs, so that it works in a fresh clone. Types, lint and format count as one
 * test each. Ends with a line `N passed, N failed`.
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "../kernel/setup/command.mjs";
import { prepare } from "../kernel/setup/prepare.mjs";
import { countTests } from "./count.mjs";
import { leftovers } from "./leftovers.mjs";
import { findChromium } from "./browser/chromium.mjs";
import { installFor } from "./packages.mjs";

/** What does nothing without a browser. */
const inBrowser = ["test/browser/**", "test/together/lab.test.ts"];

/** What counts as one test each; each keeps one core busy. */
const checks = ["types", "lint", "format:check"];

/** Software GPUs: one comes with Chromium, another with the layer of Mesa that chooses between them. */
const vulkan = ["libvulkan1", "mesa-vulkan-drivers"];
const layer = "/usr/share/vulkan/implicit_layer.d/VkLayer_MESA_device_select.json";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

await main(async () => {
  await prepare();
  const chromium = findChromium();
  if (!existsSync(layer)) installFor(vulkan, "the tests on software GPUs");
  if (spawnSync("ssh", ["-V"]).error)
    installFor(["openssh-client"], "the tests of kernels on other machines");
  // Node reads these certificates whenever it starts, for a tenth of a second; tests start thousands, and fetch nothing.
  delete process.env["NODE_EXTRA_CA_CERTS"];
  // A place of their own for what tests make and should remove. Short: sockets lie in it, and their paths may not be long.
  const scratch = mkdtempSync(join(tmpdir(), "v-"));
  process.env["TMPDIR"] = scratch;
  const env = { ...process.env, ...(chromium !== undefined && { VITRAIL_CHROMIUM: chromium }) };

  const total = { passed: 0, failed: 0, skipped: 0 };
  await Promise.all(
    checks.map(async (check) => {
      const { passed, said } = await runCheck(check, env);
      console.log(`\n${check} ${passed ? "passed" : "failed"}\n${said}`);
      total[passed ? "passed" : "failed"]++;
    }),
  );

  const before = await leftovers(root, scratch);
  const counted = runTests(env, chromium === undefined ? inBrowser.map((files) => `--exclude=${files}`) : []);
  total.passed += counted.passed;
  total.failed += counted.failed;
  total.skipped += counted.skipped;
  const left = await leftAfter(before, scratch);
  for (const each of left) console.log(`left behind: ${each}`);
  total.failed += left.length;
  rmSync(scratch, { recursive: true, force: true });
  if (chromium === undefined) console.log("tests in a browser were skipped: there is no Chromium");
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
});

function runCheck(check, env) {
  return new Promise((resolve) => {
    const how = { cwd: root, env, maxBuffer: 2 ** 28 };
    execFile("npm", ["run", "--silent", check], how, (error, stdout, stderr) =>
      resolve({ passed: error === null, said: stdout + stderr }),
    );
  });
}

/** What tests have left on the machine; the last session may take some seconds to end. */
async function leftAfter(before, scratch) {
  for (let seconds = 10; ; seconds--) {
    const left = (await leftovers(root, scratch)).filter((each) => !before.includes(each));
    if (left.length === 0 || seconds === 0) return left;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** Runs vitest over all projects and counts what its report says. */
function runTests(env, more) {
  const report = join(root, ".vitrail", "test-results.json");
  rmSync(report, { force: true });
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules", "vitest", "vitest.mjs"),
      "run",
      "--config",
      ".vitest.config.ts",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...more,
    ],
    { cwd: root, env, stdio: "inherit" },
  );
  const counted = countTests(results(report), root, Boolean(process.env["CI"]));
  for (const line of counted.said) console.log(line);
  // Errors that no test caught, or no report at all.
  if (status !== 0 && counted.failed === 0) counted.failed++;
  return counted;
}

function results(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8")).testResults;
  } catch {
    return [];
  }
}
