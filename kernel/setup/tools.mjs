import { SetupError, ask } from "./command.mjs";

const leastNode = [20, 19, 0];
/** The pinned Python packages need it. */
const leastPython = [3, 11, 0];

/**
 * Throws one line with the command that cures it when something is missing that the project cannot install for itself.
 *
 * @returns {string} the Python interpreter to make the environment with
 */
export function checkTools() {
  if (!atLeast(process.versions.node, leastNode))
    throw new SetupError(
      `Node ${process.versions.node} is too old, Vitrail needs ${leastNode.join(".")} or later: ${cure({
        apt: "curl -fsSL https://deb.nodesource.com/setup_22.x | sudo bash - && sudo apt-get install nodejs",
        brew: "node@22",
        other: "see https://nodejs.org/en/download",
      })}`,
    );
  if (ask("npm", ["--version"]) === undefined)
    throw new SetupError(
      `npm is missing: ${cure({ apt: "npm", brew: "node@22", other: "it comes with Node" })}`,
    );
  return findPython();
}

function findPython() {
  const names = ["python3", "python3.14", "python3.13", "python3.12", "python3.11"];
  const version = (/** @type {string} */ name) =>
    ask(name, ["-c", "import platform; print(platform.python_version())"]);
  const python = names.find((name) => atLeast(version(name) ?? "0", leastPython));
  if (python === undefined) {
    const found = version("python3");
    const what = found === undefined ? "Python 3 is missing" : `Python ${found} is too old`;
    throw new SetupError(
      `${what}, Vitrail needs ${leastPython.join(".")} or later: ${cure({
        apt: "python3.12 python3.12-venv",
        brew: "python@3.12",
        other: "see https://www.python.org/downloads",
      })}`,
    );
  }
  // Debian's Python has the module `venv` but keeps what it needs in a package apart.
  if (ask(python, ["-c", "import venv, ensurepip"]) === undefined) {
    const [major, minor] = /** @type {string} */ (version(python)).split(".");
    throw new SetupError(
      `${python} has no venv module: ${cure({
        apt: python === "python3" ? "python3-venv" : `python${major}.${minor}-venv`,
        brew: "python@3.12",
        other: "install Python with its standard library",
      })}`,
    );
  }
  return python;
}

/**
 * @param {string} version
 * @param {readonly number[]} least
 */
export function atLeast(version, least) {
  const parts = version.split(".").map((part) => Number.parseInt(part, 10) || 0);
  const difference = least.findIndex((number, i) => (parts[i] ?? 0) !== number);
  return (
    difference < 0 ||
    /** @type {number} */ (parts[difference] ?? 0) > /** @type {number} */ (least[difference])
  );
}

/**
 * The command for this machine: packages of apt or of Homebrew, or a whole command where it has a space and an operator.
 *
 * @param {{ apt: string, brew: string, other: string }} by
 */
function cure({ apt, brew, other }) {
  if (process.platform === "darwin") return `brew install ${brew}`;
  if (ask("apt-get", ["--version"]) === undefined) return other;
  return apt.includes("&&") ? apt : `sudo apt-get install ${apt}`;
}
