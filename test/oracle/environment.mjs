import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { install, installFrom } from "../../kernel/setup/uv.mjs";

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
  if (mismatches(python, requirements).length > 0) {
    const torch = pinsOf(requirements).find((pin) => pin.startsWith("torch==")) ?? "";
    // PyTorch's own index has a build without CUDA, a tenth in size, but only the package registries can be counted on.
    say("looking for PyTorch's CPU build");
    if (process.platform === "linux")
      installFrom(python, ["--no-deps", torch], "https://download.pytorch.org/whl/cpu");
    const missing = mismatches(python, requirements);
    const size = missing.includes(torch) ? " (PyTorch with CUDA among them: about 4 GB)" : "";
    // The list is complete, so dependencies that only a GPU would need stay away.
    install(`installing ${missing.length} pinned packages${size}`, python, ["--no-deps", ...missing]);
    const still = mismatches(python, requirements);
    if (still.length > 0) throw new Error(`after installing, these pins do not hold: ${still.join(", ")}`);
  }
  return python;
}

/** The pins of the list that are for this system. */
function pinsOf(requirements) {
  return readFileSync(requirements, "utf8")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter(Boolean)
    .filter((line) => process.platform === "linux" || !line.includes('sys_platform == "linux"'))
    .map((line) => line.split(";")[0].trim());
}

/** Pins of the list that the environment does not hold. PyTorch's CPU build does without the libraries of CUDA. */
function mismatches(python, requirements) {
  const program = `
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
torch = find_spec("torch")
alone = torch is not None and "+cpu" in Path(torch.origin).with_name("version.py").read_text()
for pin in sys.argv[1:]:
    name, wanted = pin.split("==")
    try:
        held = version(name).split("+")[0]
    except PackageNotFoundError:
        held = None
    if held != wanted and not (alone and name.startswith("nvidia-")):
        print(pin)
`;
  return execFileSync(python, ["-c", program, ...pinsOf(requirements)], { encoding: "utf8" })
    .split("\n")
    .filter(Boolean);
}
