import { existsSync } from "node:fs";
import { isBuiltin, register } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";
import { tslab } from "./tslab.js";

/** What compiled cells call for static and dynamic imports; `attributes` are those of `with { … }`. */
export type Importer = (specifier: string, attributes?: ImportAttributes) => Promise<unknown>;

let typescriptLoads = false;

/** The module hooks cost a thread, so they come with the first local TypeScript file. */
function loadTypescript(): void {
  if (typescriptLoads) return;
  typescriptLoads = true;
  register(new URL("./typescriptHooks.js", import.meta.url));
  process.setSourceMapsEnabled(true);
}

/** What Node asks for with a JSON file, and the compiler, like every bundler, does not. */
function attributesOf(path: string): ImportAttributes | undefined {
  return path.endsWith(".json") ? { type: "json" } : undefined;
}

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** Whether a package of this name is installed in the folder or above it, where Node looks for it. */
function installedAbove(folder: string, name: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "node_modules", name))) return true;
    if (dirname(at) === at) return false;
  }
}

/**
 * The `import` of cells. Bare names are resolved with Node's own ES module resolution from the notebook's folder, and
 * where that has no such package, from this kernel's (so that `import … from "vitrail"` always works). Relative paths
 * are those of the notebook's folder; local `.ts` files are transpiled. `tslab` is the kernel's own display layer.
 */
export function importerFrom(folder: string): Importer {
  // A script's import() resolves from its file name with the `import` conditions, which `require.resolve` does not.
  const fromFolder = vm.runInThisContext(
    "(specifier, attributes) => import(specifier, { with: attributes ?? {} })",
    {
      filename: join(folder, "notebook.js"),
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    },
  ) as Importer;

  return async (specifier, attributes) => {
    if (specifier === "tslab") return tslab;
    if (isBuiltin(specifier) || specifier.startsWith("#")) return fromFolder(specifier, attributes);
    const local =
      /^\.{0,2}\//.test(specifier) || specifier === "." || specifier === ".." || isAbsolute(specifier);
    if (local || specifier.startsWith("file:")) {
      const path = local ? resolve(folder, specifier) : fileURLToPath(specifier);
      if (/\.[mc]?tsx?$/.test(path) || !/\.\w+$/.test(path) || !existsSync(path)) loadTypescript();
      return fromFolder(pathToFileURL(path).href, attributes ?? attributesOf(path));
    }
    if (/^[a-z][a-z+.-]*:/i.test(specifier)) return fromFolder(specifier, attributes);
    const name = packageName(specifier);
    if (installedAbove(folder, name)) return fromFolder(specifier, attributes);
    if (name === "vitrail" || installedAbove(import.meta.dirname, name))
      return import(specifier, { with: attributes ?? {} });
    throw new Error(`no package "${name}" in ${folder} or above: install it there with npm install ${name}`);
  };
}
