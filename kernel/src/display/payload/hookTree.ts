import type { Provenance } from "./provenance.js";

export const hookTreeType = "application/vnd.vitrail.hook-tree.v1+json";

/** A hook that acts on every run, or would if it were enabled. */
export interface TreeHook {
  readonly name: string;
  readonly kind: "capture" | "edit" | "host edit" | "skip" | "gradient edit";
  /** As it would be written, such as `edit("layers.3.mlp.output", scale 2)`. */
  readonly printed: string;
  readonly groups: readonly string[];
  readonly enabled: boolean;
}

/** That a hook acts here. */
export interface TreeMark {
  /** Place in the payload's hooks. */
  readonly hook: number;
  /** The module path by which the hook names the place; null where it uses the canonical name. */
  readonly path: string | null;
}

export interface TreePoint {
  readonly kind: "point";
  readonly name: string;
  /** The name without that of the part that holds it. */
  readonly label: string;
  readonly aliases: readonly string[];
  readonly shape: string;
  readonly partition: string;
  readonly stage: number;
  readonly marks: readonly TreeMark[];
}

/** A layer, or the attention or MLP of one. */
export interface TreePart {
  readonly kind: "part";
  readonly name: string;
  readonly label: string;
  readonly stage: number;
  /** Hooks that act on the part as a whole, as `skip` does. */
  readonly marks: readonly TreeMark[];
  readonly children: readonly TreeNode[];
}

export type TreeNode = TreePoint | TreePart;

/** A model's hook points in forward order, with the hooks that act at them, as a saved notebook keeps them. */
export interface HookTreePayload {
  readonly model: string;
  /** What chose the points; `*` for all. */
  readonly glob: string;
  /** How many points the whole model has. */
  readonly of: number;
  /** Ranks of each pipeline stage. */
  readonly stages: readonly (readonly number[])[];
  /** In the order in which they act. */
  readonly hooks: readonly TreeHook[];
  readonly nodes: readonly TreeNode[];
  readonly provenance: Provenance | null;
}

/** The points of a tree, in forward order. */
export function pointsOf(nodes: readonly TreeNode[]): TreePoint[] {
  return nodes.flatMap((node) => (node.kind === "point" ? [node] : pointsOf(node.children)));
}

/** The marks of a node and of all that it holds. */
export function marksOf(node: TreeNode): readonly TreeMark[] {
  return node.kind === "point" ? node.marks : [...node.marks, ...node.children.flatMap(marksOf)];
}

/** What stands over a tree: how many points and hooks there are, the groups, the stages, and hooks at none of its points. */
export function treeHeadlines({ glob, of, stages, hooks, nodes }: HookTreePayload): string[] {
  const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
  const shown = pointsOf(nodes).length;
  const points = shown === of ? plural(of, "hook point") : `${shown} of ${plural(of, "hook point")}`;
  const off = hooks.filter(({ enabled }) => !enabled).length;
  const live = hooks.length === 0 ? "no live hooks" : plural(hooks.length, "live hook");
  const groups = [...new Set(hooks.flatMap(({ groups }) => groups))].map((group) => {
    const members = hooks.filter((hook) => hook.groups.includes(group)).map(({ name }) => name);
    return `${group} (${members.join(", ")})`;
  });
  const marked = new Set(nodes.flatMap(marksOf).map(({ hook }) => hook));
  const elsewhere = hooks.filter((_, i) => !marked.has(i)).map(({ name }) => name);
  const held = stages.map(
    (ranks, i) => `${i} on ${ranks.length === 1 ? "rank" : "ranks"} ${ranks.join(", ")}`,
  );
  return [
    [points, ...(glob === "*" ? [] : [`chosen by "${glob}"`]), live].join(" · ") +
      (off > 0 ? ` (${off} disabled)` : ""),
    ...(groups.length > 0 ? [`groups: ${groups.join(", ")}`] : []),
    ...(elsewhere.length > 0 ? [`elsewhere: ${elsewhere.join(", ")}`] : []),
    ...(held.length > 1 || stages[0]!.length > 1 ? [`stages: ${held.join("; ")}`] : []),
  ];
}

/** `capture("norm") · groups a, b · by model.norm · disabled` */
export function printMark({ hooks }: HookTreePayload, { hook, path }: TreeMark): string {
  const { printed, groups, enabled } = hooks[hook]!;
  const parts = [
    printed,
    ...(groups.length > 0 ? [`${groups.length === 1 ? "group" : "groups"} ${groups.join(", ")}`] : []),
    ...(path === null ? [] : [`by ${path}`]),
    ...(enabled ? [] : ["disabled"]),
  ];
  return parts.join(" · ");
}

/** `a.b.fc1`, or of several `a.b.{fc1,act.input}`, which chooses the same. */
export function printAliases(aliases: readonly string[]): string {
  const [first = "", ...rest] = aliases;
  if (rest.length === 0) return first;
  const shared = first.split(".").findIndex((part, i) => rest.some((other) => other.split(".")[i] !== part));
  const path = first.split(".").slice(0, shared);
  // Where one is the beginning of the others there is nothing left of it to stand in braces.
  const isPrefix = aliases.some((alias) => alias.split(".").length === path.length);
  const head = (isPrefix ? path.slice(0, -1) : path).map((part) => `${part}.`).join("");
  return `${head}{${aliases.map((alias) => alias.slice(head.length)).join(",")}}`;
}
