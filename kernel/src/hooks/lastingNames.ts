import { nearest } from "../graph/nearest.js";
import { printHook } from "./printHook.js";
import type { HookName, HookNames, LastingHook } from "./lastingHook.js";

type Hooks = readonly LastingHook[];

/** The names of each group's hooks. */
export function groupsOf(hooks: Hooks): Record<string, string[]> {
  const names = [...new Set(hooks.flatMap(({ groups }) => groups))];
  return Object.fromEntries(
    names.map((group) => [group, membersOf(hooks, group).map(({ name }) => name)] as const),
  );
}

export function membersOf(hooks: Hooks, group: string): Hooks {
  return hooks.filter(({ groups }) => groups.includes(group));
}

/** One hook, all of a group, or all that a list names of them. Throws one line with the nearest name where there is none. */
export function namedHooks(hooks: Hooks, which: HookNames): Hooks {
  const chosen = new Set((isList(which) ? which : [which]).flatMap((each) => namedOnce(hooks, each)));
  return hooks.filter((hook) => chosen.has(hook));
}

function isList(which: HookNames): which is readonly HookName[] {
  return Array.isArray(which);
}

function namedOnce(hooks: Hooks, which: HookName): Hooks {
  const found = findHook(hooks, which);
  if (found !== undefined) return [found];
  const names = hooks.map(({ name }) => name);
  if (typeof which !== "string") throw new Error(`no hook "${which.id}": ${nearestOf(which.id, names)}`);
  const members = membersOf(hooks, which);
  if (members.length > 0) return members;
  throw new Error(
    `no hook or group "${which}": ${nearestOf(which, [...names, ...Object.keys(groupsOf(hooks))])}`,
  );
}

function findHook(hooks: Hooks, which: HookName): LastingHook | undefined {
  return hooks.find(({ id, name }) =>
    typeof which === "string" ? id === which || name === which : id === which.id,
  );
}

function nearestOf(wanted: string, names: readonly string[]): string {
  const [closest] = nearest(wanted, names);
  return closest === undefined ? "there is none" : `nearest is ${closest}`;
}

/** Throws one line for a group that has no hooks. */
export function checkKnown(hooks: Hooks, group: string): void {
  const known = Object.keys(groupsOf(hooks));
  if (!known.includes(group)) throw new Error(`no group "${group}": ${nearestOf(group, known)}`);
}

/** Throws one line for what cannot be the name of a group. */
export function checkGroup(hooks: Hooks, group: string): void {
  if (group === "" || group === "all")
    throw new Error(`group "${group}": ${group === "" ? "needs a name" : "every hook is in it"}`);
  if (findHook(hooks, group)) throw new Error(`group "${group}": a hook has this name`);
}

/** Throws one line for what cannot be the name of a hook that comes into these groups. */
export function checkName(hooks: Hooks, name: string, groups: readonly string[]): void {
  if (name === "" || /^hook-\d+$/.test(name))
    throw new Error(`hook name "${name}": ${name === "" ? "needs a letter" : "such names are ids"}`);
  const known = findHook(hooks, name);
  if (known) throw new Error(`hook name "${name}" is taken by ${printHook(known.hook)}`);
  if (name === "all" || groups.includes(name) || name in groupsOf(hooks))
    throw new Error(`hook name "${name}": a group has this name`);
}
