import { accessSync, constants, mkdirSync, readdirSync, rmSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { own } from "../ownership.js";

/**
 * Makes a private folder for parcels: on shared memory where there is some, else inside `fallback`.
 *
 * @param label part of the name, so that a leftover can be traced to the process that made it
 */
export function makeParcelFolder(label: string, fallback: string, shared = "/dev/shm"): string {
  const name = `vitrail-${label}-${randomBytes(8).toString("hex")}`;
  try {
    accessSync(shared, constants.W_OK);
    const path = join(shared, name);
    own(path, (hidden) => mkdirSync(hidden, { mode: 0o700 }));
    return path;
  } catch {
    mkdirSync(join(fallback, name), { mode: 0o700 });
    return join(fallback, name);
  }
}

/** Removes every parcel with this label. */
export function discardLabelled(folder: string, label: string): void {
  for (const name of readdirSync(folder))
    if (name.startsWith(`${label}-`) && name.endsWith(".parcel")) rmSync(join(folder, name), { force: true });
}

/** Removes a parcel that nobody will read. */
export function discardParcel(parcel: { readonly path: string }): void {
  rmSync(parcel.path, { force: true });
}
