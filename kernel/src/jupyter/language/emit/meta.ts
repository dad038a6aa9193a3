import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import type ts from "typescript";
import type { TypeScript } from "../typescript.js";

/** `import.meta` of a cell, which runs as a script and has none: that of a module beside the notebook. */
export function cellMeta(ts: TypeScript, factory: ts.NodeFactory, path: string) {
  let name: ts.Identifier | undefined;
  const text = (value: string) => factory.createStringLiteral(value);
  const entry = (key: string, value: string) => factory.createPropertyAssignment(key, text(value));

  return {
    use: (): ts.Identifier => (name ??= factory.createUniqueName("importMeta")),
    declaration(): ts.Statement[] {
      if (!name) return [];
      const object = factory.createObjectLiteralExpression([
        entry("url", pathToFileURL(path).href),
        entry("filename", path),
        entry("dirname", dirname(path)),
      ]);
      const variable = factory.createVariableDeclaration(name, undefined, undefined, object);
      return [
        factory.createVariableStatement(
          undefined,
          factory.createVariableDeclarationList([variable], ts.NodeFlags.Const),
        ),
      ];
    },
  };
}
