import { readFile } from "node:fs/promises";
import { existsSync, statSync } from "node:fs";
import type { LoadHook, ResolveHook } from "node:module";
import { fileURLToPath } from "node:url";

/** Spellings of a local module that TypeScript accepts, in the order it tries them. */
function* candidates(url: string): Generator<string> {
  yield url;
  if (/\.m?js$/.test(url)) yield url.replace(/\.(m?)js$/, ".$1ts");
  for (const ending of [".ts", ".tsx", ".mts", ".js", "/index.ts", "/index.js"]) yield url + ending;
}

function isFile(url: string): boolean {
  const path = fileURLToPath(url);
  return existsSync(path) && statSync(path).isFile();
}

/** Finds `./shapes`, `./shapes.js` and `./shapes.ts` in the TypeScript file that is there. */
export const resolve: ResolveHook = async (specifier, context, next) => {
  const local = /^(?:\.{1,2}\/|file:)/.test(specifier);
  const base = context.parentURL;
  if (!local || (base !== undefined && !base.startsWith("file:") && !specifier.startsWith("file:")))
    return next(specifier, context);
  const url = new URL(specifier, base).href;
  for (const candidate of candidates(url)) if (isFile(candidate)) return next(candidate, context);
  return next(specifier, context);
};

/**
 * Transpiles TypeScript modules, one file at a time; their types are the language thread's business. JSON needs no attribute
 * in them, as the compiler has it.
 */
export const load: LoadHook = async (url, context, next) => {
  if (url.startsWith("file:") && url.endsWith(".json"))
    return next(url, { ...context, importAttributes: { ...context.importAttributes, type: "json" } });
  if (!url.startsWith("file:") || !/\.m?tsx?$/.test(url)) return next(url, context);
  const { default: ts } = await import("typescript");
  const fileName = fileURLToPath(url);
  const { outputText } = ts.transpileModule(await readFile(fileName, "utf8"), {
    fileName,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      inlineSourceMap: true,
      inlineSources: true,
    },
  });
  return { format: "module", source: outputText, shortCircuit: true };
};
