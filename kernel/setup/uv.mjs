import { spawnSync } from "node:child_process";
import { ask, perform } from "./command.mjs";

/** What installs: pip fetches one package behind the other, and takes five times as long. */
const uv = "uv==0.13.9";

/**
 * Says what is done, and installs packages into an environment. Throws one line when it fails.
 *
 * @param {string} what
 * @param {string} python the environment's interpreter
 * @param {readonly string[]} packages pins, or `-r` and a file of them, behind options of uv
 */
export function install(what, python, packages) {
  addUv(python);
  const mirror = process.env["UV_DEFAULT_INDEX"] ?? mirrorOf(python);
  const from = mirror === undefined ? [] : ["--default-index", mirror];
  perform(what, python, [...installing(python), ...from, ...packages]);
}

/**
 * Whether the packages could be installed from another index, which may be out of reach: it is asked once.
 *
 * @param {string} python
 * @param {readonly string[]} packages
 * @param {string} index
 */
export function installFrom(python, packages, index) {
  addUv(python);
  const env = { ...process.env, UV_HTTP_RETRIES: "0" };
  return (
    spawnSync(python, [...installing(python), "--default-index", index, ...packages], { env }).status === 0
  );
}

/**
 * The mirror that pip has been told of, which is meant for all that installs: in the environment, or in one of its files.
 *
 * @param {string} python
 */
function mirrorOf(python) {
  const told = ask(python, ["-m", "pip", "config", "list"]) ?? "";
  const places = [":env:", "install", "global"];
  return places
    .map((place) => new RegExp(`^${place}\\.index-url='(.*)'$`, "m").exec(told)?.[1])
    .find((url) => url !== undefined);
}

/** @param {string} python */
function addUv(python) {
  const version = ask(python, ["-c", "from importlib.metadata import version; print(version('uv'))"]);
  if (`uv==${version}` === uv) return;
  const quietly = ["--quiet", "--disable-pip-version-check"];
  perform("installing uv", python, ["-m", "pip", "install", ...quietly, uv]);
}

/**
 * Where a proxy signs for others, the system's certificates know it.
 *
 * @param {string} python
 */
function installing(python) {
  return ["-m", "uv", "pip", "install", "--quiet", "--system-certs", "--python", python];
}
