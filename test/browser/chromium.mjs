import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const places = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
/** The Vulkan loader is for the tests on a software GPU, which comes with Chromium. */
const packages = ["chromium", "libvulkan1"];

/**
 * A Chromium: the one of VITRAIL_CHROMIUM, the system's, or one installed by apt where that is allowed. Undefined, with a
 * line that says how to get one, when there is none; in continuous integration that is an error.
 *
 * @returns {string | undefined}
 */
export function findChromium() {
  const given = process.env["VITRAIL_CHROMIUM"];
  const found = () => [...(given ? [given] : []), ...places].find((path) => existsSync(path));
  if (found() === undefined && process.getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0) {
    console.log(`installing ${packages.join(" and ")} for the tests in a browser`);
    for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...packages]])
      spawnSync("apt-get", ["-qq", ...args], {
        stdio: ["ignore", "ignore", "inherit"],
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      });
  }
  const path = found();
  if (path !== undefined) return path;
  const how = "no Chromium: sudo apt-get install chromium libvulkan1, or set VITRAIL_CHROMIUM to one";
  if (process.env["CI"]) throw new Error(how);
  console.log(how);
  return undefined;
}
