import { SetupError, ask } from "./command.mjs";

/** The pinned Python packages need it. */
const leastPython = [3, 11, 0];

/**
 * Throws one line with the command that cures it when something is missing that the project cannot install for itself.
 *
 * @returns {string} the Python interpreter to make the environment with
 */
export function checkTools() {
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
    // Which versions a system has packages of differs; `python3` is its own, too old where one is there.
    const offered = (found === undefined ? names : names.slice(1)).find(
      (name) => ask("apt-cache", ["show", `${name}-venv`]) !== undefined,
    );
    throw new SetupError(
      `${what}, Vitrail needs ${leastPython.join(".")} or later: ${cure({
        apt: offered && `${offered} ${offered}-venv`,
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
 * The command for this machine, with packages of apt or of Homebrew.
 *
 * @param {{ apt: string | undefined, brew: string, other: string }} by
 */
function cure({ apt, brew, other }) {
  if (process.platform === "darwin") return `brew install ${brew}`;
  if (apt === undefined || ask("apt-get", ["--version"]) === undefined) return other;
  return `sudo apt-get install ${apt}`;
}
