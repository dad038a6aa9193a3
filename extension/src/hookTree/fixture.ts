import type { HookTreePayload, TreeMark, TreeNode, TreePoint } from "vitrail/payload";

/** A point as a made-up model of width 8 has it. */
function point(name: string, label: string, marks: readonly TreeMark[] = [], stage = 0): TreePoint {
  const shape = "[batch, position, 8]";
  return { kind: "point", name, label, aliases: [`model.${name}`], shape, partition: "whole", stage, marks };
}

function layer(i: number, marks: Readonly<Record<string, readonly TreeMark[]>> = {}, stage = 0): TreeNode {
  const at = (label: string) => {
    const name = `layers.${i}.${label}`;
    return point(name, label.replace(/^(attention|mlp)\./, ""), marks[label], stage);
  };
  const part = (label: string, children: TreePoint[]): TreeNode => ({
    kind: "part",
    name: `layers.${i}.${label}`,
    label,
    stage,
    marks: [],
    children,
  });
  const children = [
    at("residual.in"),
    part("attention", [at("attention.q"), at("attention.output")]),
    part("mlp", [at("mlp.output")]),
    at("residual.out"),
  ];
  return { kind: "part", name: `layers.${i}`, label: `layers.${i}`, stage, marks: marks[""] ?? [], children };
}

/** Five layers, of which one is captured and edited, one is named by its module's path, and three have no hooks. */
export const fixture: HookTreePayload = {
  model: "tiny",
  glob: "*",
  of: 27,
  stages: [
    [0, 1],
    [2, 3],
  ],
  hooks: [
    { name: "watch", kind: "capture", printed: 'capture("layers.1.attention.q")', groups: [], enabled: true },
    {
      name: "quiet",
      kind: "edit",
      printed: 'edit("layers.1.mlp.output", zero)',
      groups: ["ablate", "study"],
      enabled: false,
    },
    {
      name: "own",
      kind: "host edit",
      printed: 'edit("model.norm", a function)',
      groups: ["study"],
      enabled: true,
    },
  ],
  nodes: [
    point("embedding", "embedding"),
    layer(0),
    layer(1, { "attention.q": [{ hook: 0, path: null }], "mlp.output": [{ hook: 1, path: null }] }),
    layer(2),
    layer(3, {}, 1),
    layer(4, {}, 1),
    point("norm", "norm", [{ hook: 2, path: "model.norm" }], 1),
  ],
  provenance: null,
};
