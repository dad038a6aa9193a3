import { nearest } from "../graph/nearest.js";
import type { GradientEdit } from "./editGradient.js";
import { printHook, takesPart, type Call, type Hook } from "./hook.js";
import type { HookChoice, HookHandle, HookName, LastingHook } from "./lastingHook.js";

/**
 * Hooks that act on every run of this session object until they are removed, in the order in which they were added and
 * before a call's own. They live here and not in the workers: their functions cannot outlive the notebook, and other
 * notebooks on the same session do not see them. Removing a hook removes no result.
 */
export class LastingHooks {
  readonly #check: (hook: Hook | GradientEdit) => void;
  #hooks: readonly LastingHook[] = [];
  #count = 0;

  /** @param check throws one line for a hook that does not fit the model */
  constructor(check: (hook: Hook | GradientEdit) => void) {
    this.#check = check;
  }

  /**
   * Adds hooks, all or none. Throws one line when one of them matches no hook point, is here already, or has a name that
   * is taken.
   */
  add(
    hook: Hook | GradientEdit,
    options?: { readonly groups?: readonly string[]; readonly name?: string },
  ): HookHandle;
  add(
    hooks: readonly (Hook | GradientEdit)[],
    options?: { readonly groups?: readonly string[] },
  ): HookHandle[];
  add(
    given: Hook | GradientEdit | readonly (Hook | GradientEdit)[],
    { groups = [], name }: { readonly groups?: readonly string[]; readonly name?: string } = {},
  ): HookHandle | HookHandle[] {
    const isOne = "kind" in given;
    const hooks = isOne ? [given] : given;
    for (const group of groups) this.#checkGroup(group);
    if (name !== undefined) this.#checkName(name, groups);
    hooks.forEach((hook, i) => {
      this.#check(hook);
      const known = this.#hooks.find((each) => each.hook === hook);
      if (known !== undefined || hooks.indexOf(hook) < i)
        throw new Error(
          `${printHook(hook)} is added already${known ? ` as "${known.name}"` : " in this list"}`,
        );
    });
    const added = hooks.map((hook): LastingHook => {
      const id = `hook-${++this.#count}`;
      return { id, name: name ?? id, groups: [...new Set(groups)], enabled: true, hook };
    });
    this.#hooks = [...this.#hooks, ...added];
    const handles = added.map((hook) => this.#handle(hook));
    return isOne ? handles[0]! : handles;
  }

  /** Removes one hook. Throws one line when there is none of this name. */
  remove(which: HookName): void {
    const { id } = this.#one(which);
    this.#hooks = this.#hooks.filter((each) => each.id !== id);
  }

  /** Lets a hook, or all of a group, act again. */
  enable(which: HookName): void {
    this.#change(this.#some(which), () => ({ enabled: true }));
  }

  /** Keeps a hook, or all of a group, from acting, until it is enabled again. */
  disable(which: HookName): void {
    this.#change(this.#some(which), () => ({ enabled: false }));
  }

  /** Puts a hook into a group, which is made when it is new. */
  tag(which: HookName, group: string): void {
    this.#checkGroup(group);
    this.#change([this.#one(which)], ({ groups }) => ({ groups: [...new Set([...groups, group])] }));
  }

  /** Takes a hook out of a group, which ends with its last member. Throws one line when the hook is not in it. */
  untag(which: HookName, group: string): void {
    const hook = this.#one(which);
    if (!hook.groups.includes(group))
      throw new Error(
        `hook "${hook.name}" is not in group "${group}": it is in ${hook.groups.join(", ") || "none"}`,
      );
    this.#change([hook], ({ groups }) => ({ groups: groups.filter((each) => each !== group) }));
  }

  /** All hooks, in the order in which they act, or those of one group. */
  list(group?: string): readonly LastingHook[] {
    if (group === undefined) return this.#hooks;
    this.#checkKnown(group);
    return this.#members(group);
  }

  /** The names of each group's hooks. */
  groups(): Record<string, string[]> {
    const names = [...new Set(this.#hooks.flatMap(({ groups }) => groups))];
    return Object.fromEntries(names.map((group) => [group, this.#members(group).map(({ name }) => name)]));
  }

  /** Removes every hook. */
  clear(): void {
    this.#hooks = [];
  }

  /** The hooks that act in a call: the lasting ones that it chooses, that are enabled and have a part in it, then its own. */
  effective(choice: HookChoice, call: "pass" | "generation"): readonly Hook[];
  effective(choice: HookChoice<Hook | GradientEdit>, call: "backward"): readonly (Hook | GradientEdit)[];
  effective(
    { hooks = [], groups = "all", complement = false }: HookChoice<Hook | GradientEdit>,
    call: Call,
  ): readonly (Hook | GradientEdit)[] {
    if (groups !== "all" && !Array.isArray(groups))
      throw new Error(`groups ${JSON.stringify(groups)}: give a list of names, or "all"`);
    const isAll = groups === "all" || groups.includes("all");
    if (isAll && complement)
      throw new Error("complement of all groups leaves no lasting hook: name the groups that are not to act");
    if (!isAll) for (const group of groups) this.#checkKnown(group);
    const isChosen = (hook: LastingHook) =>
      isAll || hook.groups.some((group) => groups.includes(group)) !== complement;
    return [
      ...this.#hooks
        .filter((each) => each.enabled && takesPart(each.hook, call) && isChosen(each))
        .map(({ hook }) => hook),
      ...hooks,
    ];
  }

  #handle({ id, name }: LastingHook): HookHandle {
    const which = { id };
    return {
      id,
      name,
      remove: () => this.remove(which),
      enable: () => this.enable(which),
      disable: () => this.disable(which),
    };
  }

  #change(which: readonly LastingHook[], to: (hook: LastingHook) => Partial<LastingHook>): void {
    const ids = new Set(which.map(({ id }) => id));
    this.#hooks = this.#hooks.map((each) => (ids.has(each.id) ? { ...each, ...to(each) } : each));
  }

  #members(group: string): readonly LastingHook[] {
    return this.#hooks.filter(({ groups }) => groups.includes(group));
  }

  #find(which: HookName): LastingHook | undefined {
    return this.#hooks.find(({ id, name }) =>
      typeof which === "string" ? id === which || name === which : id === which.id,
    );
  }

  #one(which: HookName): LastingHook {
    const found = this.#find(which);
    if (found !== undefined) return found;
    const name = typeof which === "string" ? which : which.id;
    const own = this.groups()[name];
    if (own !== undefined)
      throw new Error(`no hook "${name}": it is a group, whose hooks are ${own.join(", ")}`);
    throw new Error(`no hook "${name}": ${this.#nearest(name, this.#names())}`);
  }

  #some(which: HookName): readonly LastingHook[] {
    const found = this.#find(which);
    if (found !== undefined) return [found];
    const name = typeof which === "string" ? which : which.id;
    if (name in this.groups()) return this.list(name);
    const names = [...this.#names(), ...Object.keys(this.groups())];
    throw new Error(`no hook or group "${name}": ${this.#nearest(name, names)}`);
  }

  #names(): string[] {
    return this.#hooks.map(({ name }) => name);
  }

  #nearest(wanted: string, names: readonly string[]): string {
    const [closest] = nearest(wanted, names);
    return closest === undefined ? "there is none" : `nearest is ${closest}`;
  }

  #checkKnown(group: string): void {
    const known = Object.keys(this.groups());
    if (!known.includes(group)) throw new Error(`no group "${group}": ${this.#nearest(group, known)}`);
  }

  #checkGroup(group: string): void {
    if (group === "" || group === "all")
      throw new Error(`group "${group}": ${group === "" ? "needs a name" : "every hook is in it"}`);
    if (this.#find(group)) throw new Error(`group "${group}": a hook has this name`);
  }

  #checkName(name: string, groups: readonly string[]): void {
    if (name === "" || /^hook-\d+$/.test(name))
      throw new Error(`hook name "${name}": ${name === "" ? "needs a letter" : "such names are ids"}`);
    if (this.#find(name))
      throw new Error(`hook name "${name}" is taken by ${printHook(this.#find(name)!.hook)}`);
    if (name === "all" || groups.includes(name) || name in this.groups())
      throw new Error(`hook name "${name}": a group has this name`);
  }
}
