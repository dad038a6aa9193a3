import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * The project's own Python environment, made or brought up to the pinned list when it is not there yet. Returns the path
 * of its interpreter; throws one line when there is no Python or the installation fails.
 */
export function oraclePython(root, say) {
  const venv = join(root, ".vitrail", "oracle");
  const python = join(venv, "bin", "python");
  const requirements = join(root, "test", "oracle", "requirements.txt");
  if (existsSync(python) && spawnSync(python, ["--version"]).status !== 0) rmSync(venv, { recursive: true });
  if (!existsSync(python)) {
    say("making the Python environment .vitrail/oracle");
    const made = spawnSync("python3", ["-m", "venv", venv], { encoding: "utf8" });
    if (made.error) throw new Error("python3 is not on the path: the oracle needs Python 3.11 or later");
    if (made.status !== 0) throw new Error(`python3 -m venv failed: ${(made.stderr || made.stdout).trim()}`);
  }
  const missing = mismatches(python, requirements);
  if (missing.length > 0) {
    say(`installing ${missing.length} pinned packages (PyTorch among them: minutes, about 4 GB)`);
    // The list is complete, so dependencies that only a GPU would need stay away.
    const pip = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--no-deps",
      "--disable-pip-version-check",
      "-r",
      requirements,
    ];
    const installed = spawnSync(python, pip, { stdio: "inherit" });
    if (installed.status !== 0) throw new Error(`pip install -r ${requirements} failed`);
    const still = mismatches(python, requirements);
    if (still.length > 0) throw new Error(`after installing, these pins do not hold: ${still.join(", ")}`);
  }
  return python;
}

/** Pins of the list that the environment does not hold. */
function mismatches(python, requirements) {
  const pins = readFileSync(requirements, "utf8")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter(Boolean)
    .filter((line) => process.platform === "linux" || !line.includes('sys_platform == "linux"'))
    .map((line) => line.split(";")[0].trim());
  const program = `
import sys
from importlib.metadata import PackageNotFoundError, version
for pin in sys.argv[1:]:
    name, wanted = pin.split("==")
    try:
        held = version(name).split("+")[0]
    except PackageNotFoundError:
        held = None
    if held != wanted:
        print(pin)
`;
  return execFileSync(python, ["-c", program, ...pins], { encoding: "utf8" })
    .split("\n")
    .filter(Boolean);
}
