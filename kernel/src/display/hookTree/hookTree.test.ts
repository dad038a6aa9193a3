import { expect, test } from "vitest";
import { hookTreeType, parseHookTree, pointsOf } from "../payload/index.js";
import { fixture, point } from "./fixture.js";
import { hookTree } from "./hookTree.js";
import { treeText } from "./words.js";

test("the text is a tree with hooks under their points; layers alike without hooks are counted, not left out", () => {
  expect(`\n${treeText(fixture)}\n`).toBe(`
tiny
27 hook points · 3 live hooks (1 disabled)
groups: ablate (quiet), study (quiet, own)
stages: 0 on ranks 0, 1; 1 on ranks 2, 3
├─ embedding         [batch, position, 8]  whole, stage 0  model.embedding
├─ layers.0          stage 0
│  ├─ residual.in    [batch, position, 8]  whole           model.layers.0.residual.in
│  ├─ attention
│  │  ├─ q           [batch, position, 8]  whole           model.layers.0.attention.q
│  │  └─ output      [batch, position, 8]  whole           model.layers.0.attention.output
│  ├─ mlp
│  │  └─ output      [batch, position, 8]  whole           model.layers.0.mlp.output
│  └─ residual.out   [batch, position, 8]  whole           model.layers.0.residual.out
├─ layers.1          stage 0
│  ├─ residual.in    [batch, position, 8]  whole           model.layers.1.residual.in
│  ├─ attention
│  │  ├─ q           [batch, position, 8]  whole           model.layers.1.attention.q
│  │  │     ● watch  capture("layers.1.attention.q")
│  │  └─ output      [batch, position, 8]  whole           model.layers.1.attention.output
│  ├─ mlp
│  │  └─ output      [batch, position, 8]  whole           model.layers.1.mlp.output
│  │        ○ quiet  edit("layers.1.mlp.output", zero) · groups ablate, study · disabled
│  └─ residual.out   [batch, position, 8]  whole           model.layers.1.residual.out
├─ layers.2          1 layer as layers.0, no hooks there, stage 0
├─ layers.3          stage 1
│  ├─ residual.in    [batch, position, 8]  whole           model.layers.3.residual.in
│  ├─ attention
│  │  ├─ q           [batch, position, 8]  whole           model.layers.3.attention.q
│  │  └─ output      [batch, position, 8]  whole           model.layers.3.attention.output
│  ├─ mlp
│  │  └─ output      [batch, position, 8]  whole           model.layers.3.mlp.output
│  └─ residual.out   [batch, position, 8]  whole           model.layers.3.residual.out
├─ layers.4          1 layer as layers.3, no hooks there, stage 1
└─ norm              [batch, position, 8]  whole, stage 1  model.norm
      ● own          edit("model.norm", a function) · group study · by model.norm
`);
});

test("the picture is a PNG of the size that it says, and its words tell the hooks", () => {
  const { data, metadata } = hookTree(fixture).bundle;
  const png = Buffer.from(data["image/png"] as string, "base64");
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  expect(metadata["image/png"]).toMatchObject({ width: png.readUInt32BE(16), height: png.readUInt32BE(20) });
  expect((metadata["image/png"] as { alt: string }).alt).toContain("3 live hooks (1 disabled)");
});

test("a payload comes back from the notebook's JSON as it was", () => {
  const saved: unknown = JSON.parse(JSON.stringify(hookTree(fixture).bundle.data[hookTreeType]));
  expect(parseHookTree(saved)).toEqual(fixture);
  expect(pointsOf(fixture.nodes)).toHaveLength(fixture.of);
});

test.each([
  [{ of: 3 }, "the tree has 27 hook points, its model 3"],
  [{ hooks: [] }, "layers.1.attention.q is marked with hook 0, the payload has 0"],
  [{ stages: [[0]] }, "layers.3 is on stage 1, the payload has 1"],
  [{ stages: [] }, "hook tree payload.stages: "],
  [{ nodes: [point("norm", "norm"), point("norm", "norm")] }, "hook point norm is there twice"],
  [{ nodes: [{ ...point("norm", "norm"), shape: 3 }] }, "hook tree payload.nodes[0].shape: "],
  [{ model: null }, "hook tree payload.model: "],
])("what is not sound is refused with its place: %j", (change, message) => {
  expect(() => parseHookTree({ ...fixture, ...change })).toThrow(message);
});
