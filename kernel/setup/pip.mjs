import { spawnSync } from "node:child_process";
import { ask, perform } from "./command.mjs";

/** What installs: pip fetches one package behind the other, and takes five times as long. */
const uv = "uv==0.13.9";

/**
 * Says what is done, and installs a list of packages that is complete into an environment. Throws one line when it fails.
 *
 * @param {string} what
 * @param {string} python the environment's interpreter
 * @param {readonly string[]} packages pins, or `-r` and a file of them
 */
export function install(what, python, packages) {
  const { env } = process;
  // A mirror that pip has been told of is meant for all that installs.
  const mirror =
    env["UV_DEFAULT_INDEX"] ??
    env["PIP_INDEX_URL"] ??
    ask(python, ["-m", "pip", "config", "get", "global.index-url"]);
  perform(what, python, installing(python, packages, mirror));
}

/**
 * Whether the packages could be installed from another index, which may be out of reach: it is asked once.
 *
 * @param {string} python
 * @param {readonly string[]} packages
 * @param {string} index
 */
export function installFrom(python, packages, index) {
  const env = { ...process.env, UV_HTTP_RETRIES: "0" };
  return spawnSync(python, installing(python, packages, index), { env }).status === 0;
}

/**
 * What the interpreter is told.
 *
 * @param {string} python
 * @param {readonly string[]} packages
 * @param {string | undefined} index
 */
function installing(python, packages, index) {
  const version = ask(python, ["-c", "from importlib.metadata import version; print(version('uv'))"]);
  if (version === undefined || !uv.endsWith(`==${version}`)) {
    const quietly = ["--quiet", "--disable-pip-version-check"];
    perform("installing uv", python, ["-m", "pip", "install", ...quietly, uv]);
  }
  // Where a proxy signs for others, the system's certificates know it.
  const how = ["--quiet", "--system-certs", "--no-deps", "--python", python];
  return [
    "-m",
    "uv",
    "pip",
    "install",
    ...how,
    ...(index === undefined ? [] : ["--default-index", index]),
    ...packages,
  ];
}
