import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { perform } from "./command.mjs";
import { root } from "./place.mjs";

/** Installs exactly what the lockfile says, unless `node_modules` holds it already. */
export function installPackages() {
  if (holdsLockfile()) return;
  perform("installing npm packages from the lockfile (a minute or two)", "npm", [
    "ci",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ]);
}

/** npm lists what it has installed in a second lockfile inside `node_modules`, written last. */
function holdsLockfile() {
  const inside = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(inside)) return false;
  const installed = packagesOf(inside);
  return Object.entries(packagesOf(join(root, "package-lock.json"))).every(([path, locked]) => {
    if (path === "") return true;
    const found = installed[path];
    if (found === undefined) return locked.optional === true || locked.devOptional === true;
    return found.version === locked.version && found.integrity === locked.integrity;
  });
}

/**
 * @param {string} lockfile
 * @returns {Record<string, { version?: string, integrity?: string, optional?: boolean, devOptional?: boolean }>}
 */
function packagesOf(lockfile) {
  return JSON.parse(readFileSync(lockfile, "utf8")).packages;
}
