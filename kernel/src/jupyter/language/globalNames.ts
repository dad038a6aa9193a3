const suffix = "$cell";

/** What compiled cells call: the runner's import, and what `CompiledCell` says of the others. */
export const importer = "__import";
export const reacher = "__reached";
export const asker = "__unset";
export const resumer = "__resumed";
/** The parameters of every compiled cell, in order. */
export const parameters = [importer, reacher, asker, resumer];

/** What libraries ask for to know where they run: whether it is there, so that it must not throw while it is not set. */
const probed = ["window", "document", "self", "location", "define", "module", "exports", "Deno", "Bun"];

/** Own and inherited properties of the global object: what a library means when it says `process` or `fetch`. */
function namesOf(object: object | null): string[] {
  return object === null
    ? []
    : [...Object.getOwnPropertyNames(object), ...namesOf(Object.getPrototypeOf(object))];
}

const globals: ReadonlySet<string> = new Set([...parameters, ...probed, ...namesOf(globalThis)]);

/**
 * The name under which a cell's top-level `name` lives in script scope. A script-scope `let process` would hide the
 * global from every library, so such names, and only those, get the suffix `$cell`; a name that already ends in it gets
 * one more, which keeps the names apart. The names of the cells' own parameters, and `probed`, count as globals.
 */
export function runtimeName(name: string): string {
  let stem = name;
  while (stem.endsWith(suffix)) stem = stem.slice(0, -suffix.length);
  return globals.has(stem) ? name + suffix : name;
}

/** The name that the user wrote, of the one that it has in script scope. */
export function writtenName(name: string): string {
  const stem = name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
  return runtimeName(stem) === name ? stem : name;
}
