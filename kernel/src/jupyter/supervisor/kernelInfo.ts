import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { protocolVersion } from "./wire.js";

const require = createRequire(import.meta.url);

/** Reads only the package file: the compiler itself would take a third of a second to load. */
function versionOf(packageFile: string): string {
  return (JSON.parse(readFileSync(require.resolve(packageFile), "utf8")) as { version: string }).version;
}

/** Content of a `kernel_info_reply`. */
export function kernelInfo(): Record<string, unknown> {
  const version = versionOf("../../../package.json");
  const typescript = versionOf("typescript/package.json");
  return {
    status: "ok",
    protocol_version: protocolVersion,
    implementation: "vitrail",
    implementation_version: version,
    language_info: {
      name: "typescript",
      version: typescript,
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: "typescript",
      nbconvert_exporter: "script",
    },
    banner: `Vitrail ${version} · TypeScript ${typescript} · Node ${process.versions.node}`,
    help_links: [{ text: "TypeScript", url: "https://www.typescriptlang.org/docs/" }],
    supported_features: ["kernel subshells"],
    debugger: false,
  };
}
