import type ts from "typescript";
import { withoutModulePaths } from "./diagnostics.js";
import type { Notebook } from "./notebook.js";

export interface Inspection {
  /** The declaration with its type, as an editor's hover shows it. */
  readonly text: string | undefined;
  /** Documentation in Markdown; empty where there is none. */
  readonly documentation: string;
}

/** Type and documentation of the name at the offset, or just before it; else of the call around it. */
export function inspect(notebook: Notebook, source: string, offset: number): Inspection {
  const { ts, service } = notebook;
  const file = notebook.probe(source);
  for (const at of [offset, offset - 1]) {
    if (at < 0 || at >= source.length) continue;
    const info = service.getQuickInfoAtPosition(file, at);
    if (!info || isUnknown(ts, info)) continue;
    const name = source.slice(info.textSpan.start, info.textSpan.start + info.textSpan.length);
    const foreign = isFromAnotherCell(notebook, file, at, source.length);
    const hasWords = info.documentation?.length || info.tags?.length;
    const documented = hasWords || !foreign ? info : originInfo(notebook, name);
    const text = withoutModulePaths(ts.displayPartsToString(info.displayParts));
    return {
      text: foreign && notebook.originOf(name)?.kind !== "import" ? withoutImport(text) : text,
      documentation: documentation(ts, documented),
    };
  }
  const help = service.getSignatureHelpItems(file, Math.min(offset, source.length), undefined);
  const item = help?.items[help.selectedItemIndex];
  if (!item) return { text: undefined, documentation: "" };
  const between = ts.displayPartsToString(item.separatorDisplayParts);
  const parameters = item.parameters.map(({ displayParts }) => ts.displayPartsToString(displayParts));
  const text =
    ts.displayPartsToString(item.prefixDisplayParts) +
    parameters.join(between) +
    ts.displayPartsToString(item.suffixDisplayParts);
  return { text: withoutModulePaths(text), documentation: documentation(ts, item) };
}

/** To a name that is not declared the compiler gives the type that any mistake has, and no kind. */
function isUnknown(ts: Notebook["ts"], { kind, displayParts }: ts.QuickInfo): boolean {
  return kind === ts.ScriptElementKind.unknown && ts.displayPartsToString(displayParts) === "any";
}

type Documented = Pick<ts.QuickInfo, "documentation" | "tags">;

/** Whether the name at `at` leads to another cell: by an import, or by a declaration after the source's own end. */
function isFromAnotherCell({ service }: Notebook, file: string, at: number, end: number): boolean {
  const [definition] = service.getDefinitionAtPosition(file, at) ?? [];
  if (!definition) return false;
  return definition.fileName === file
    ? definition.textSpan.start >= end
    : /\/__cell_\d+\.ts$/.test(definition.fileName);
}

/** To the compiler a name of another cell may be an import; to the user it is what it was declared as. */
function withoutImport(text: string): string {
  return text.replace(/^\(alias\) /, "").replace(/\nimport [^\n]*$/, "");
}

/** A variable of an earlier cell is seen through a declaration that carries the type only: its words are in that cell. */
function originInfo(notebook: Notebook, name: string): Documented {
  const { ts, service } = notebook;
  const program = service.getProgram();
  const origin = notebook.originOf(name);
  const module = origin && program?.getSourceFile(origin.path);
  const checker = program?.getTypeChecker();
  if (!module || !checker) return {};
  const container = checker.getSymbolAtLocation(module);
  const exported = container && checker.tryGetMemberInModuleExports(`__own_${name}`, container);
  if (!exported) return {};
  const symbol =
    (exported.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(exported) : exported;
  return { documentation: symbol.getDocumentationComment(checker), tags: symbol.getJsDocTags(checker) };
}

function documentation(
  ts: Notebook["ts"],
  { documentation = [], tags = [] }: { documentation?: ts.SymbolDisplayPart[]; tags?: ts.JSDocTagInfo[] },
): string {
  const lines = tags.map(({ name, text = [] }) => `*@${name}* ${ts.displayPartsToString(text)}`.trim());
  return [ts.displayPartsToString(documentation), ...lines].filter((part) => part !== "").join("\n\n");
}
