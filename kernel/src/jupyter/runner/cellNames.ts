import vm from "node:vm";
import { writtenName } from "../language/globalNames.js";

/** The cell that declares a name. */
export interface DeclaringCell {
  readonly file: string;
  isRunning(): boolean;
}

const own = globalThis as Record<string, unknown>;

/**
 * The names of cells in script scope. A name comes there when it is first set. Until then it is a property of the global
 * object that throws when it is read, in a function of an earlier cell too: the checker knows the name, whose line may never
 * be reached.
 */
export class CellNames {
  readonly #set = new Set<string>();
  readonly #unset = new Map<string, DeclaringCell>();

  /** Names that the cell sets at run time; those that are set keep what they have until then. */
  declare(names: readonly string[], cell: DeclaringCell): void {
    for (const name of names) {
      if (this.#set.has(name)) continue;
      const isNew = !this.#unset.has(name);
      this.#unset.set(name, cell);
      if (!isNew) continue;
      // What cells call by this name so far, as `input`, they call so until the cell sets it.
      if (name in globalThis) this.#bind(name, own[name]);
      else
        Object.defineProperty(globalThis, name, {
          configurable: true,
          get: () => {
            throw this.#notSet(name);
          },
          set: (value: unknown) => {
            this.#bind(name, value);
            // Last: whoever is interrupted before this finds the name in script scope all the same.
            delete own[name];
          },
        });
    }
  }

  /**
   * Whether a name is to `typeof` what was never declared: no cell has set it, and none that runs is about to, whose name
   * it is then as in any script.
   */
  isUnset(name: string): boolean {
    return this.#unset.get(name)?.isRunning() === false;
  }

  #bind(name: string, value: unknown): void {
    // A parameter would hide a cell's name that is called like it; nothing of a cell can be called `arguments`.
    const set = vm.runInThisContext(`let ${name}; (function () { ${name} = arguments[0]; })`) as (
      value: unknown,
    ) => void;
    set(value);
    this.#set.add(name);
    this.#unset.delete(name);
  }

  #notSet(name: string): ReferenceError {
    const cell = this.#unset.get(name);
    const how = cell?.isRunning() ? "has not come to" : "ended before";
    return new ReferenceError(`${writtenName(name)} is not set: ${cell?.file} ${how} its declaration`);
  }
}
