import type { HookTreePayload, TreeMark, TreeNode } from "vitrail/payload";
import { marksOf, printAliases } from "vitrail/payload";
import { element } from "../element.js";

/** One `treeitem`, and what the figure must find of it. */
export interface Item {
  readonly node: HTMLElement;
  readonly of: TreeNode;
  readonly children: readonly Item[];
  readonly parent: Item | undefined;
  /** What a filter looks at. */
  readonly words: string;
}

/** A node of the tree with all that it holds. */
export function itemOf(payload: HookTreePayload, of: TreeNode, level = 1, parent?: Item): Item {
  const held = of.kind === "part" ? of.children : [];
  const isPart = of.kind === "part";
  const label = element(
    "span",
    { class: "vt-tree-label", style: `--depth: ${level - 1}`, title: of.name },
    element("span", { class: "vt-tree-twist", "aria-hidden": "true" }),
    of.label,
  );
  const cells = isPart
    ? [element("span", { class: "vt-tree-within" }, ...within(payload, of))]
    : [
        element("span", { class: "vt-tree-soft" }, of.shape),
        element("span", { class: "vt-tree-soft" }, of.partition),
        element("span", { class: "vt-tree-path" }, printAliases(of.aliases)),
      ];
  const row = element("div", { class: "vt-tree-row" }, label, ...cells);
  const marks = of.marks.map((mark) => markOf(payload, mark, level));
  const group = isPart ? element("ul", { role: "group" }) : null;
  const node = element(
    "li",
    {
      role: "treeitem",
      "aria-level": level,
      tabindex: -1,
      "data-name": of.name,
      "aria-expanded": isPart ? "false" : null,
      class: isPart ? "vt-tree-part" : "vt-tree-point",
    },
    row,
    ...marks,
    group,
  );
  const words = [
    of.name,
    ...(isPart ? [] : of.aliases),
    ...of.marks.flatMap(({ hook }) => [payload.hooks[hook]!.name, ...payload.hooks[hook]!.groups]),
  ];
  const children: Item[] = [];
  const item: Item = { node, of, children, parent, words: words.join(" ").toLowerCase() };
  children.push(...held.map((each) => itemOf(payload, each, level + 1, item)));
  group?.append(...children.map((child) => child.node));
  return item;
}

/** What a folded part hides: how many hooks, and of which some do not act; and where there are several stages, its own. */
function within({ stages, hooks }: HookTreePayload, part: TreeNode): HTMLElement[] {
  const held = [...new Set(marksOf(part).map(({ hook }) => hook))];
  const on = held.filter((hook) => hooks[hook]!.enabled).length;
  const badges = [
    { count: on, off: false },
    { count: held.length - on, off: true },
  ].filter(({ count }) => count > 0);
  return [
    ...badges.map(({ count, off }) =>
      element(
        "span",
        { class: `vt-tree-count${off ? " vt-tree-off" : ""}` },
        `${off ? "○" : "●"} ${count} ${off ? "disabled" : count === 1 ? "hook" : "hooks"}`,
      ),
    ),
    ...(stages.length > 1 && /^layers\.\d+$/.test(part.name)
      ? [element("span", { class: "vt-tree-soft" }, `stage ${part.stage}`)]
      : []),
  ];
}

function markOf({ hooks }: HookTreePayload, { hook, path }: TreeMark, level: number): HTMLElement {
  const { name, kind, printed, groups, enabled } = hooks[hook]!;
  return element(
    "div",
    { class: `vt-tree-mark${enabled ? "" : " vt-tree-off"}`, style: `--depth: ${level}` },
    element("span", { class: "vt-tree-dot", "aria-hidden": "true" }, enabled ? "●" : "○"),
    element("span", { class: "vt-tree-hook" }, name),
    // The call itself says what most hooks are: "edit", but not that an edit is made in the notebook.
    printed.startsWith(`${kind}(`) ? null : element("span", { class: "vt-tree-soft" }, kind),
    element("code", {}, printed),
    ...groups.map((group) => element("span", { class: "vt-tree-group" }, group)),
    path === null ? null : element("span", { class: "vt-tree-soft" }, `by ${path}`),
    enabled ? null : element("span", { class: "vt-tree-state" }, "disabled"),
  );
}
