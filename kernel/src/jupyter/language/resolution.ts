import { isBuiltin } from "node:module";
import { join } from "node:path";
import type ts from "typescript";
import type { TypeScript } from "./typescript.js";

export interface ResolutionFolders {
  readonly cwd: string;
  readonly kernelPackage: string;
}

type Resolver = Required<
  Pick<ts.LanguageServiceHost, "resolveModuleNameLiterals" | "resolveTypeReferenceDirectiveReferences">
>;

/**
 * Module resolution as the runner's imports do it: from the notebook's folder, and for cells, where that finds no such
 * package, from the kernel's. `tslab` is always the kernel's own. `isCell` tells which files are cells.
 */
export function resolverFor(
  ts: TypeScript,
  host: ts.ModuleResolutionHost,
  folders: ResolutionFolders,
  isCell: (file: string) => boolean,
): Resolver {
  const inKernel = join(folders.kernelPackage, "package.json");

  return {
    resolveModuleNameLiterals: (literals, containingFile, redirected, options, sourceFile) =>
      literals.map((literal) => {
        const name = literal.text;
        // Node's own modules are declared by its types, not found in folders, though the compiler would search them all
        // again for each cell.
        if (isBuiltin(name)) return { resolvedModule: undefined };
        const mode = ts.getModeForUsageLocation(sourceFile, literal, options);
        const from = (file: string) =>
          ts.resolveModuleName(name, file, options, host, undefined, redirected, mode);
        if (!isCell(containingFile)) return from(containingFile);
        if (name === "tslab") return from(inKernel);
        const found = from(containingFile);
        const bare = !/^(?:[./#]|[a-z]:)/i.test(name);
        if (found.resolvedModule || !bare) return found;
        const fallback = from(inKernel);
        return fallback.resolvedModule ? fallback : found;
      }),

    resolveTypeReferenceDirectiveReferences: (directives, containingFile, redirected, options) =>
      directives.map((directive) => {
        const name = typeof directive === "string" ? directive : directive.fileName;
        const from = (file: string) =>
          ts.resolveTypeReferenceDirective(name, file, options, host, redirected);
        const found = from(containingFile);
        return found.resolvedTypeReferenceDirective ? found : from(inKernel);
      }),
  };
}
