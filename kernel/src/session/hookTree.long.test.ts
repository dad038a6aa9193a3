import { dirname } from "node:path";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { bundleOf } from "../display/index.js";
import { hookTreeType, parseHookTree, pointsOf } from "../display/payload/index.js";
import { capture, edit, skip } from "../hooks/index.js";
import { Session } from "./session.js";
import { opt, ownRuntime, quiet } from "./sessions.fixture.js";

ownRuntime();

test("hook points are rows that also show as a tree", async () => {
  const session = await Session.open(opt, { ...quiet, mesh: { pipeline: 2, tensor: 2 } });
  const points = session.hookPoints("layers.*.attention.pattern");
  expect(points[0]).toMatchObject({
    name: "layers.0.attention.pattern",
    partition: "split by head",
    stage: 0,
    ranks: [0, 1],
  });
  expect(points.at(-1)).toMatchObject({ stage: 1, ranks: [2, 3] });
  expect(session.hookPoints("embedding")[0]).toMatchObject({ stage: 0, partition: "whole" });
  expect(session.hookPoints("logits")[0]).toMatchObject({ stage: 1, partition: "split by token" });
  expect(inspect(points)).toContain("split by head");
  const tree = parseHookTree(bundleOf(points).data[hookTreeType]);
  // A saved notebook says which model it was, and not where somebody keeps it.
  expect(tree.model).toBe("opt");
  expect(JSON.stringify(bundleOf(points).data)).not.toContain(dirname(opt));
  expect(pointsOf(tree.nodes).map(({ name }) => name)).toEqual(points.map(({ name }) => name));
  expect([tree.of, tree.stages]).toEqual([
    session.hookPoints().length,
    [
      [0, 1],
      [2, 3],
    ],
  ]);
  expect(() => session.hookPoints("nothing.*")).toThrow('no hook point "nothing.*": nearest is');
  const layer = session.hookPoints("layers.0.*");
  expect(() => session.hookPoints("layers.0")).toThrow(
    `no hook point "layers.0": nearest is layers.0.*, ${layer.length} points, of which the first is layers.0.residual.in [batch, position, unit 40], between embedding and layers.0.attention.norm.in`,
  );
  await session.close();
});

test("hook points show the hooks that are live when they are shown, as session.hooks does for the whole model", async () => {
  const session = await Session.open(opt, quiet);
  const points = session.hookPoints("layers.0.*");
  const marksAt = (shown: unknown, name: string) => {
    const { nodes, hooks } = parseHookTree(bundleOf(shown).data[hookTreeType]);
    const point = pointsOf(nodes).find((each) => each.name === name);
    return point?.marks.map(({ hook, path }) => ({ ...hooks[hook]!, path }));
  };
  const norm = "layers.0.attention.norm";
  expect(inspect(session.hooks)).toContain("hook points · no live hooks");
  expect(marksAt(points, norm)).toEqual([]);
  const watch = session.hooks.add(capture(norm), { groups: ["probe"], name: "watch" });
  const made = {
    name: "watch",
    kind: "capture",
    printed: `capture("${norm}")`,
    groups: ["probe"],
    path: null,
  };
  for (const shown of [points, session.hooks])
    expect(marksAt(shown, norm)).toEqual([{ ...made, enabled: true }]);
  watch.disable();
  for (const shown of [points, session.hooks])
    expect(marksAt(shown, norm)).toEqual([{ ...made, enabled: false }]);
  const module = points.find(({ name }) => name === "layers.0.mlp.output")!.aliases[0]!;
  session.hooks.add(
    edit(module, (x) => x),
    { name: "own" },
  );
  expect(marksAt(session.hooks, "layers.0.mlp.output")).toMatchObject([
    { name: "own", kind: "host edit", path: module },
  ]);
  session.hooks.add(skip("layers.1"), { name: "short" });
  const { nodes, hooks } = parseHookTree(bundleOf(session.hooks).data[hookTreeType]);
  const layer = nodes.find(({ name }) => name === "layers.1");
  expect(layer?.marks.map(({ hook }) => hooks[hook]!.name)).toEqual(["short"]);
  // A hook at none of the points shown is told all the same.
  expect(inspect(points)).toContain("elsewhere: short");
  session.hooks.clear();
  expect(marksAt(points, norm)).toEqual([]);
  expect(inspect(session.hooks)).toContain("no live hooks");
  await session.close();
});
