import type { Declaration } from "./declarations.js";

/** A cell as a module of the notebook's program. */
export interface CellModule {
  /** Unique in the thread's life; a cell number may come twice. */
  readonly serial: number;
  readonly cell: number;
  readonly declarations: ReadonlyMap<string, Declaration>;
  /** Whether it changes types beyond its own names (`declare global`), so that it must stay. */
  readonly augments: boolean;
  /** Serials of the modules it imports from. */
  readonly uses: ReadonlySet<number>;
}

/** The modules that a name's two meanings come from. */
export interface Owner {
  readonly value: CellModule | undefined;
  readonly type: CellModule | undefined;
}

/**
 * Which cell a name belongs to: the last one that declared it. Value and type are owned apart (a cell may add
 * `type User` to an earlier `const User`), unless one cell declared both: then they go together.
 */
export class Ledger {
  readonly #modules = new Map<number, CellModule>();

  get modules(): Iterable<CellModule> {
    return this.#modules.values();
  }

  add(module: CellModule): void {
    this.#modules.set(module.serial, module);
  }

  delete(serial: number): void {
    this.#modules.delete(serial);
  }

  clear(): void {
    this.#modules.clear();
  }

  /** The last module of a cell number. */
  last(cell: number): CellModule | undefined {
    return [...this.#modules.values()].findLast((module) => module.cell === cell);
  }

  /** Owners of all names, as they stand after `latest` too, when it is given. */
  owners(latest?: CellModule): Map<string, Owner> {
    const owners = new Map<string, Owner>();
    for (const module of [...this.#modules.values(), ...(latest ? [latest] : [])])
      for (const { name, value, type } of module.declarations.values()) {
        const before = owners.get(name);
        const rest = before && before.value !== before.type ? before : { value: undefined, type: undefined };
        owners.set(name, { value: value ? module : rest.value, type: type ? module : rest.type });
      }
    return owners;
  }

  /** Gives the names that a failed cell has not set back to whoever declared their values before. */
  giveBack(module: CellModule, reached: ReadonlySet<string>): void {
    this.#modules.delete(module.serial);
    const before = this.owners();
    const kept = [...module.declarations].filter(
      ([name, { emitted }]) => !emitted || reached.has(name) || before.get(name)?.value === undefined,
    );
    this.#modules.set(module.serial, { ...module, declarations: new Map(kept) });
  }

  /** Modules that own nothing any more and that no other module needs. */
  unreachable(): CellModule[] {
    const reached = new Set<number>();
    const reach = (module: CellModule | undefined): void => {
      if (!module || reached.has(module.serial)) return;
      reached.add(module.serial);
      for (const serial of module.uses) reach(this.#modules.get(serial));
    };
    for (const { value, type } of this.owners().values()) {
      reach(value);
      reach(type);
    }
    for (const module of this.#modules.values()) if (module.augments) reach(module);
    return [...this.#modules.values()].filter(({ serial }) => !reached.has(serial));
  }
}
