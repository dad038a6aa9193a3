import { spawnSync } from "node:child_process";

/**
 * Installs packages of Debian for some tests where that is allowed: as root, where there is apt. Elsewhere it does nothing, and whoever
 * needs them says that they are missing.
 *
 * @param {readonly string[]} packages
 * @param {string} tests
 */
export function installFor(packages, tests) {
  if (process.getuid?.() !== 0 || spawnSync("apt-get", ["--version"]).status !== 0) return;
  console.log(`installing ${packages.join(" and ")} for ${tests}`);
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...packages]])
    spawnSync("apt-get", ["-qq", ...args], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
}
