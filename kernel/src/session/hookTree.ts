import { hookTree, type Displayable } from "../display/index.js";
import type {
  Provenance,
  TreeHook,
  TreeMark,
  TreeNode,
  TreePart,
  TreePoint,
} from "../display/payload/index.js";
import type { HookPoint } from "../graph/point.js";
import { printHook } from "../hooks/printHook.js";
import type { LastingHook } from "../hooks/lastingHook.js";
import { globMatcher, namesOf } from "../hooks/glob.js";
import { select } from "../hooks/selector.js";
import { selectLayers } from "../hooks/skip.js";
import { nameOf } from "./parameters/choose.js";
import type { PointRow } from "./types.js";

export interface TreeSource {
  readonly model: string;
  readonly glob: string;
  /** Of the points that the glob chooses. */
  readonly rows: readonly PointRow[];
  /** All points of the model. */
  readonly points: readonly HookPoint[];
  readonly stages: readonly (readonly number[])[];
  readonly hooks: readonly LastingHook[];
  readonly provenance: Provenance;
}

/** The parts of a layer that hold points of their own. */
const parts = new Set(["attention", "mlp"]);

/** The chosen points as a tree, with the hooks as they are now. */
export function treeOf(source: TreeSource): Displayable {
  const { model, glob, rows, points, stages, hooks, provenance } = source;
  const marks = marksBy(hooks, points);
  const nodes: TreeNode[] = [];
  for (const row of rows) {
    const { name, aliases, shape, partition, stage } = row;
    const [, layer, rest = name] = /^(layers\.\d+)\.(.+)$/.exec(name) ?? [];
    const path = layer === undefined ? [] : [layer];
    const [part, ...inner] = rest.split(".");
    if (layer !== undefined && parts.has(part!)) path.push(part!);
    const into = path.reduce((within, label, depth) => {
      const full = path.slice(0, depth + 1).join(".");
      const last = within.at(-1);
      if (last?.kind === "part" && last.name === full) return last.children as TreeNode[];
      const made: TreePart = {
        kind: "part",
        name: full,
        label,
        stage,
        marks: marks.get(full) ?? [],
        children: [],
      };
      within.push(made);
      return made.children as TreeNode[];
    }, nodes);
    const label = path.length === 2 ? inner.join(".") : rest;
    const own: TreePoint = {
      kind: "point",
      name,
      label,
      aliases,
      shape,
      partition,
      stage,
      marks: marks.get(name) ?? [],
    };
    into.push(own);
  }
  const told = hooks.map(({ name, groups, enabled, hook }): TreeHook => {
    return { name, kind: kindOf(hook), printed: printHook(hook), groups, enabled };
  });
  return hookTree({ model, glob, of: points.length, stages, hooks: told, nodes, provenance });
}

function kindOf(hook: LastingHook["hook"]): TreeHook["kind"] {
  if (hook.kind === "editGradient") return "gradient edit";
  return hook.kind === "edit" && hook.change.kind === "host" ? "host edit" : hook.kind;
}

/** Hooks by the name of the point, or of the layer, at which they act. */
function marksBy(hooks: readonly LastingHook[], points: readonly HookPoint[]): Map<string, TreeMark[]> {
  const marks = new Map<string, TreeMark[]>();
  const mark = (name: string, hook: number, path: string | null) =>
    marks.set(name, [...(marks.get(name) ?? []), { hook, path }]);
  hooks.forEach(({ hook }, i) => {
    const isChosen = globMatcher(nameOf(hook.selector));
    const isNamed = (point: HookPoint) => namesOf(point).some(isChosen);
    if (hook.kind === "skip")
      for (const layer of selectLayers(hook.selector, points)) {
        const name = `layers.${layer}`;
        const end = points.find((point) => point.name === `${name}.residual.out`)!;
        mark(name, i, isChosen(name) ? null : (end.aliases.find(isChosen) ?? null));
      }
    // A parameter whose gradient is edited has no place among the points.
    else if (hook.kind !== "editGradient" || points.some(isNamed))
      for (const { point } of select(hook.selector, points))
        mark(point.name, i, isChosen(point.name) ? null : (point.aliases.find(isChosen) ?? null));
  });
  return marks;
}
