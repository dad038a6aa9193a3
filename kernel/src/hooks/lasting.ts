import type { Acting } from "./acting.js";
import type { GradientEdit } from "./editGradient.js";
import { checkIsHook, takesPart, type Call, type Hook } from "./hook.js";
import { printHook } from "./printHook.js";
import type { HookChoice, HookHandle, HookNames, LastingHook } from "./lastingHook.js";
import { checkGroup, checkKnown, checkName, groupsOf, membersOf, namedHooks } from "./lastingNames.js";

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
    const isOne = !isList(given);
    const hooks = isOne ? [given] : given;
    hooks.forEach((hook, i) => checkIsHook(isOne ? "hooks.add of" : `hooks.add: [${i}] is`, hook));
    for (const group of groups) checkGroup(this.#hooks, group);
    if (name !== undefined) checkName(this.#hooks, name, groups);
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

  /** Removes hooks. As of all that names hooks: one hook, a list, or a group's name; throws one line for what is none. */
  remove(which: HookNames): void {
    const gone = new Set(namedHooks(this.#hooks, which));
    this.#hooks = this.#hooks.filter((each) => !gone.has(each));
  }

  /** Lets hooks act again. */
  enable(which: HookNames): void {
    this.#change(which, () => ({ enabled: true }));
  }

  /** Keeps hooks from acting, until they are enabled again. */
  disable(which: HookNames): void {
    this.#change(which, () => ({ enabled: false }));
  }

  /** Puts hooks into a group, which is made when it is new. */
  tag(which: HookNames, group: string): void {
    checkGroup(this.#hooks, group);
    this.#change(which, ({ groups }) => ({ groups: [...new Set([...groups, group])] }));
  }

  /** Takes hooks out of a group, which ends with its last member. Throws one line when one of them is not in it. */
  untag(which: HookNames, group: string): void {
    for (const { name, groups } of namedHooks(this.#hooks, which))
      if (!groups.includes(group))
        throw new Error(`hook "${name}" is not in group "${group}": it is in ${groups.join(", ") || "none"}`);
    this.#change(which, ({ groups }) => ({ groups: groups.filter((each) => each !== group) }));
  }

  /** All hooks, in the order in which they act, or those of one group. */
  list(group?: string): readonly LastingHook[] {
    if (group === undefined) return this.#hooks;
    checkKnown(this.#hooks, group);
    return membersOf(this.#hooks, group);
  }

  /** The names of each group's hooks. */
  groups(): Record<string, string[]> {
    return groupsOf(this.#hooks);
  }

  /** Removes every hook. */
  clear(): void {
    this.#hooks = [];
  }

  /** The hooks that act in a call: the lasting ones that it chooses, that are enabled and have a part in it, then its own. */
  effective(choice: HookChoice, call: "pass" | "generation"): readonly Acting[];
  effective(
    choice: HookChoice<Hook | GradientEdit>,
    call: "backward",
  ): readonly Acting<Hook | GradientEdit>[];
  effective(
    { hooks = [], groups = "all", complement = false }: HookChoice<Hook | GradientEdit>,
    call: Call,
  ): readonly Acting<Hook | GradientEdit>[] {
    if (!Array.isArray(hooks)) throw new Error(`hooks are no list: give one, such as [capture("norm")]`);
    hooks.forEach((hook, i) => checkIsHook(`hooks[${i}] is`, hook));
    if (groups !== "all" && !Array.isArray(groups))
      throw new Error(`groups ${JSON.stringify(groups)}: give a list of names, or "all"`);
    const isAll = groups === "all" || groups.includes("all");
    if (isAll && complement)
      throw new Error("complement of all groups leaves no lasting hook: name the groups that are not to act");
    if (!isAll) for (const group of groups) checkKnown(this.#hooks, group);
    const isChosen = (hook: LastingHook) =>
      isAll || hook.groups.some((group) => groups.includes(group)) !== complement;
    return [
      ...this.#hooks
        .filter((each) => each.enabled && takesPart(each.hook, call) && isChosen(each))
        .map(({ hook, name }) => ({ ...hook, lasting: name })),
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

  #change(which: HookNames, to: (hook: LastingHook) => Partial<LastingHook>): void {
    const changed = new Set(namedHooks(this.#hooks, which));
    this.#hooks = this.#hooks.map((each) => (changed.has(each) ? { ...each, ...to(each) } : each));
  }
}

function isList<Each>(given: Each | readonly Each[]): given is readonly Each[] {
  return Array.isArray(given);
}
