/**
 * What to hand to `node` so that it runs one of our own modules in another process or thread: the compiled
 * file, or (in tests, where this module is itself TypeScript) the source through a loader.
 *
 * @param module URL of the program, ending in `.js`, made with `new URL("./x.js", import.meta.url)`
 */
export function program(module: URL): { readonly execArgv: readonly string[]; readonly file: URL } {
  if (!import.meta.url.endsWith(".ts")) return { execArgv: [], file: module };
  const loader = new URL("./source.mjs", import.meta.url);
  return { execArgv: ["--import", loader.href], file: new URL(module.href.replace(/\.js$/, ".ts")) };
}
