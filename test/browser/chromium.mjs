import { existsSync } from "node:fs";
import { installFor } from "../packages.mjs";

const places = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/**
 * A Chromium: the one of VITRAIL_CHROMIUM, the system's, or one installed by apt where that is allowed. Undefined, with a
 * line that says how to get one, when there is none; in continuous integration that is an error.
 *
 * @returns {string | undefined}
 */
export function findChromium() {
  const given = process.env["VITRAIL_CHROMIUM"];
  const found = () => [...(given ? [given] : []), ...places].find((path) => existsSync(path));
  if (found() === undefined) installFor(["chromium"], "the tests in a browser");
  const path = found();
  if (path !== undefined) return path;
  const how = "no Chromium: sudo apt-get install chromium, or set VITRAIL_CHROMIUM to one";
  if (process.env["CI"]) throw new Error(how);
  console.log(how);
  return undefined;
}
