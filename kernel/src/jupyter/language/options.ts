import type ts from "typescript";
import type { TypeScript } from "./typescript.js";

/**
 * Options of the notebook's program. `noImplicitAny` is on because it alone lets `const xs = []` and `let best = null`
 * grow into their types; its complaints are dropped in `diagnostics.ts`. Library types follow the Node that runs cells:
 * Node 20 has the ES2024 library only.
 */
export function compilerOptions(ts: TypeScript): ts.CompilerOptions {
  const [major = 0] = process.versions.node.split(".").map(Number);
  const lib =
    major >= 22
      ? ["lib.esnext.d.ts"]
      : [
          "lib.es2024.d.ts",
          "lib.esnext.disposable.d.ts",
          "lib.esnext.decorators.d.ts",
          "lib.decorators.d.ts",
        ];
  return {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    customConditions: ["node"],
    target: ts.ScriptTarget.ES2024,
    lib,
    types: ["node"],
    strict: true,
    noImplicitAny: true,
    noImplicitThis: false,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
    preserveConstEnums: true,
    sourceMap: true,
    declaration: false,
  };
}
