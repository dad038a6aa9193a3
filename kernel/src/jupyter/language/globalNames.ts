const suffix = "$cell";

/** The parameter of every compiled cell: the runner's import. */
export const importer = "__import";

/** Own and inherited properties of the global object: what a library means when it says `process` or `fetch`. */
function namesOf(object: object | null): string[] {
  return object === null
    ? []
    : [...Object.getOwnPropertyNames(object), ...namesOf(Object.getPrototypeOf(object))];
}

const globals: ReadonlySet<string> = new Set([importer, ...namesOf(globalThis)]);

/**
 * The name under which a cell's top-level `name` lives in script scope. A script-scope `let process` would hide the
 * global from every library, so such names, and only those, get the suffix `$cell`; a name that already ends in it gets
 * one more, which keeps the names apart. The name of the cells' own parameter counts as a global.
 */
export function runtimeName(name: string): string {
  let stem = name;
  while (stem.endsWith(suffix)) stem = stem.slice(0, -suffix.length);
  return globals.has(stem) ? name + suffix : name;
}
