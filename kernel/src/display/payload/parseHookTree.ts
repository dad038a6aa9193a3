import * as z from "zod/mini";
import { pointsOf, type HookTreePayload, type TreeNode } from "./hookTree.js";
import { checked, count, provenance } from "./schema.js";

const text = z.string();
const marks = z.array(z.object({ hook: count, path: z.nullable(text) }));
const point = z.object({
  kind: z.literal("point"),
  name: text,
  label: text,
  aliases: z.array(text),
  shape: text,
  partition: text,
  stage: count,
  marks,
});
const head = { kind: z.literal("part"), name: text, label: text, stage: count, marks } as const;
// A layer holds parts and these hold points: a file cannot nest deeper than that.
const part = z.object({ ...head, children: z.array(point) });
const layer = z.object({ ...head, children: z.array(z.discriminatedUnion("kind", [point, part])) });

const schema = z.object({
  model: text,
  glob: text,
  of: count,
  stages: z.array(z.array(count).check(z.minLength(1))).check(z.minLength(1)),
  hooks: z.array(
    z.object({
      name: text,
      kind: z.enum(["capture", "edit", "host edit", "skip", "gradient edit"]),
      printed: text,
      groups: z.array(text),
      enabled: z.boolean(),
    }),
  ),
  nodes: z.array(z.discriminatedUnion("kind", [point, layer])),
  provenance: z.nullable(provenance),
});

/** A payload of `application/vnd.vitrail.hook-tree.v1+json`, checked throughout; throws one line that says where it is wrong. */
export function parseHookTree(value: unknown): HookTreePayload {
  const payload: HookTreePayload = checked("hook tree payload", schema, value);
  const { hooks, stages, nodes, of } = payload;
  const check = (node: TreeNode): void => {
    if (node.stage >= stages.length)
      throw new RangeError(`${node.name} is on stage ${node.stage}, the payload has ${stages.length}`);
    for (const { hook } of node.marks)
      if (hook >= hooks.length)
        throw new RangeError(`${node.name} is marked with hook ${hook}, the payload has ${hooks.length}`);
    if (node.kind === "part") node.children.forEach(check);
  };
  nodes.forEach(check);
  const names = pointsOf(nodes).map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new RangeError(`hook point ${twice} is there twice`);
  if (names.length > of) throw new RangeError(`the tree has ${names.length} hook points, its model ${of}`);
  return payload;
}
