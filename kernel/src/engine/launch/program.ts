/** Where the compiled package lies, beside the sources that this module may itself be part of. */
const own = new URL("../../", import.meta.url).href;
const built = new URL("../../../dist/", import.meta.url).href;

/**
 * The file of one of our own programs, which another process or thread runs: always the built one, also in tests, which run
 * the library from its sources.
 *
 * @param module URL of the program, ending in `.js`, made with `new URL("./x.js", import.meta.url)`
 */
export function program(module: URL): URL {
  return new URL(module.href.replace(own, built));
}
