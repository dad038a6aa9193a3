import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** What the project makes for itself on this machine; git ignores it. */
export const state = join(root, ".vitrail");

/** The Python environment with JupyterLab. */
export const environment = join(state, "jupyter");

/** The interpreter of that environment. */
export const environmentPython = join(environment, "bin", "python");
