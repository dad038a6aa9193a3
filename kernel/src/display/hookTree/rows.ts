import { marksOf, printAliases, printMark } from "../payload/hookTree.js";
import type { HookTreePayload, TreeNode, TreePart } from "../payload/hookTree.js";

/** One line of the tree as text and as picture have it. */
export interface TreeRow {
  /** For each level above, whether its line goes on below; the last entry is the row's own. */
  readonly goesOn: readonly boolean[];
  /** `on` and `off` are hooks, which belong to the row above. */
  readonly kind: "point" | "part" | "on" | "off" | "folded";
  readonly label: string;
  readonly cells: readonly string[];
}

/**
 * Every node a row, with its hooks in rows below it. A layer that differs from an earlier one in nothing but its number
 * is told with its neighbours in one row, which counts them; only layers without hooks are.
 */
export function treeRows(payload: HookTreePayload): TreeRow[] {
  return rowsOf(payload, payload.nodes, []);
}

function rowsOf(payload: HookTreePayload, nodes: readonly TreeNode[], above: readonly boolean[]): TreeRow[] {
  const known = new Map<string, string>();
  const rows: TreeRow[] = [];
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    const like = above.length === 0 ? likeness(node) : undefined;
    const first = like === undefined ? undefined : known.get(like);
    if (first !== undefined) {
      let last = i;
      while (last + 1 < nodes.length && likeness(nodes[last + 1]!) === like) last++;
      const goesOn = [...above, last < nodes.length - 1];
      const many = last - i + 1;
      const label = many === 1 ? node.name : `${node.name} … ${nodes[last]!.name}`;
      const stages = payload.stages.length === 1 ? "" : `, stage ${node.stage}`;
      const cells = [`${many === 1 ? "1 layer" : `${many} layers`} as ${first}, no hooks there${stages}`];
      rows.push({ goesOn, kind: "folded", label, cells });
      i = last;
      continue;
    }
    if (like !== undefined) known.set(like, node.name);
    rows.push(...nodeRows(payload, node, [...above, i < nodes.length - 1]));
  }
  return rows;
}

function nodeRows(payload: HookTreePayload, node: TreeNode, goesOn: readonly boolean[]): TreeRow[] {
  const isTold = payload.stages.length > 1 && goesOn.length === 1;
  const stage = isTold ? `stage ${node.stage}` : "";
  const cells =
    node.kind === "part"
      ? [stage]
      : [node.shape, node.partition + (isTold ? `, ${stage}` : ""), printAliases(node.aliases)];
  const children = node.kind === "part" ? node.children : [];
  const marks = node.marks.map((mark): TreeRow => {
    const { name, enabled } = payload.hooks[mark.hook]!;
    const line = [...goesOn, children.length > 0];
    return { goesOn: line, kind: enabled ? "on" : "off", label: name, cells: [printMark(payload, mark)] };
  });
  return [
    { goesOn, kind: node.kind, label: node.label, cells },
    ...marks,
    ...rowsOf(payload, children, goesOn),
  ];
}

/** What layers without hooks that look the same have in common, their stage included; undefined for others. */
function likeness(node: TreeNode): string | undefined {
  if (node.kind === "point" || marksOf(node).length > 0) return undefined;
  const told = (part: TreePart): unknown =>
    part.children.map((each) =>
      each.kind === "part"
        ? [each.label, told(each)]
        : [each.label, each.shape, each.partition, each.aliases.map((path) => path.replace(/\d+/g, "N"))],
    );
  return JSON.stringify([node.stage, told(node)]);
}
