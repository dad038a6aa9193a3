import { packageVersion } from "../packageVersion.js";
import { protocolVersion } from "./wire.js";

/** Content of a `kernel_info_reply`. */
export function kernelInfo(): Record<string, unknown> {
  const version = packageVersion("../../package.json");
  const typescript = packageVersion("typescript/package.json");
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
