import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Version of a package by its `package.json`. Reads only that: the compiler would take a third of a second to load. */
export function packageVersion(file: string): string {
  return (JSON.parse(readFileSync(require.resolve(file), "utf8")) as { version: string }).version;
}
