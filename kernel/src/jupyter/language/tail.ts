import type { Declaration } from "./declarations.js";
import type { CellModule, Owner } from "./ledger.js";

/** File name, without folder and ending, of a cell's module. */
export function moduleName(serial: number): string {
  return `__cell_${serial}`;
}

/** What a name is exported as: nothing that the cell's own exports could repeat. */
const exported = (name: string): string => `__own_${name}`;

export interface Tail {
  readonly text: string;
  /** Serials of the modules it imports from. */
  readonly uses: ReadonlySet<number>;
}

/**
 * The line after a cell's source that ties its module to the others. Plain variables come as `declare let` and
 * `declare const` of the owner's type, so that assignments are checked like those in one file; whatever may also name a
 * type comes as an import.
 */
export function tailOf(
  declarations: ReadonlyMap<string, Declaration>,
  owners: ReadonlyMap<string, Owner>,
  used: Iterable<string>,
  self: CellModule | undefined,
): Tail {
  const uses = new Set<number>();
  const lines: string[] = [];
  const own = [...declarations.keys()].map((name) => `${name} as ${exported(name)}`);
  lines.push(`export { ${own.join(", ")} };`);

  function importFrom(module: CellModule, name: string): void {
    uses.add(module.serial);
    lines.push(`import { ${exported(name)} as ${name} } from "./${moduleName(module.serial)}";`);
  }

  function declareFrom(module: CellModule, name: string): void {
    uses.add(module.serial);
    const keyword = module.declarations.get(name)?.kind === "let" ? "let" : "const";
    const type = `typeof import("./${moduleName(module.serial)}").${exported(name)}`;
    lines.push(`declare ${keyword} ${name}: ${type};`);
  }

  for (const name of used) {
    const owner = owners.get(name);
    if (!owner) continue;
    const value = owner.value === self ? undefined : owner.value;
    const type = owner.type === self ? undefined : owner.type;
    const declared = value?.declarations.get(name);
    const variable = declared?.kind === "let" || declared?.kind === "const";
    const importsValue = value && (type ? value === type : !variable && !declared?.type);
    if (value && importsValue) importFrom(value, name);
    else if (value) declareFrom(value, name);
    if (type && !importsValue) importFrom(type, name);
  }
  // The semicolon ends an expression that the tail might otherwise continue.
  return { text: `\n;${lines.join(" ")}\n`, uses };
}
