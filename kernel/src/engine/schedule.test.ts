import { expect, test } from "vitest";
import type { Segment, Stage } from "../models/stage.js";
import { schedule } from "./schedule.js";

function segment(name: string, inputs: string[], outputs: string[], points: string[], sum?: string): Segment {
  return {
    name,
    model: new Uint8Array(0),
    weightFolder: "/",
    weightBytes: 0,
    isOnHost: false,
    isBackward: false,
    inputs,
    outputs,
    leaving: new Map(),
    points: new Map(points.map((point) => [point, `${point}:value`])),
    exchange: sum === undefined ? undefined : { kind: "sum", value: sum, over: "tensor" },
  };
}

const stage: Stage = {
  segments: [
    segment("embed", ["tokens", "positions"], ["x"], ["embedding"]),
    segment("layers.0.attention", ["x", "mask"], ["x", "sum"], ["pattern"], "sum"),
    segment("layers.0.mlp", ["x", "sum"], ["y"], ["hidden"]),
    segment("head", ["y", "select"], [], ["logits"]),
  ],
  inputs: ["tokens", "positions", "mask", "select"],
  outputs: [{ name: "y", as: "residual" }],
  caches: [],
  points: [],
  results: [],
  entry: [],
  parameters: [],
};
const ask = (...points: string[]) => points.map((point) => ({ key: point, point, slices: [] }));
const brief = (turns: ReturnType<typeof schedule>) =>
  turns.map(({ segment: { name }, fetches, exchange, frees }) => ({
    name,
    fetches,
    reduces: exchange !== undefined,
    frees,
  }));

test("segments behind the last that was asked for do not run, and sums nobody reads are not made", () => {
  expect(brief(schedule(stage, ask("pattern"), [], false))).toEqual([
    { name: "embed", fetches: ["x"], reduces: false, frees: ["tokens", "positions"] },
    { name: "layers.0.attention", fetches: ["pattern:value"], reduces: false, frees: ["x", "mask"] },
  ]);
  expect(schedule(stage, [], [], false)).toEqual([]);
});

test("a value is kept until its last reader, also across segments", () => {
  expect(brief(schedule(stage, ask("logits", "embedding"), [], false))).toEqual([
    { name: "embed", fetches: ["x", "embedding:value"], reduces: false, frees: ["tokens", "positions"] },
    { name: "layers.0.attention", fetches: ["x", "sum"], reduces: true, frees: ["mask"] },
    { name: "layers.0.mlp", fetches: ["y"], reduces: false, frees: ["x", "sum"] },
    { name: "head", fetches: ["logits:value"], reduces: false, frees: ["y", "select"] },
  ]);
});

test("what the next stage reads is kept to the end", () => {
  const turns = schedule(stage, [], ["residual"], false);
  expect(turns).toHaveLength(3);
  expect(turns.flatMap(({ frees }) => frees)).not.toContain("y");
});

test("a stage with a cache runs every segment that adds to it, and keeps what they add", () => {
  const [embed, attention, mlp, head] = stage.segments as [Segment, Segment, Segment, Segment];
  const inputs = [...attention.inputs, "past.keys", "past.values"];
  const cached: Stage = {
    ...stage,
    segments: [embed, { ...attention, inputs, outputs: ["x", "sum", "keys", "values"] }, mlp, head],
    caches: [
      {
        layer: 0,
        past: { keys: "past.keys", values: "past.values" },
        recent: { keys: "recent.keys", values: "recent.values" },
        present: { keys: "keys", values: "values" },
        empty: [1, 0, 2],
      },
    ],
  };
  const turns = schedule(cached, ask("embedding"), [], true);
  expect(turns.map(({ segment: { name } }) => name)).toEqual(["embed", "layers.0.attention"]);
  expect(turns[1]!.fetches).toEqual(["keys", "values"]);
  expect(turns[1]!.frees).toEqual(["x", "mask", "past.keys", "past.values"]);
  const all = schedule(cached, ask("logits"), [], true);
  expect(all.flatMap(({ frees }) => frees)).not.toContain("keys");
  // A step that only goes on from a cache makes nothing for it.
  expect(brief(schedule(cached, ask("embedding"), [], false)).map(({ name }) => name)).toEqual(["embed"]);
  const fetched = schedule(cached, ask("logits"), [], false).flatMap(({ fetches }) => fetches);
  expect(fetched).toEqual(expect.arrayContaining(["x", "logits:value"]));
  expect(fetched).not.toContain("keys");
});

test("a value that is handed out is, though nobody is asked for what comes of it", () => {
  const [embed, attention, mlp, head] = stage.segments as [Segment, Segment, Segment, Segment];
  const exchange = { kind: "handOut", value: "h", key: "e0", back: "e0.back" } as const;
  const edited: Stage = { ...stage, segments: [embed, attention, { ...mlp, exchange }, head] };
  const turns = schedule(edited, ask("embedding"), [], false);
  expect(turns.map(({ segment: { name } }) => name)).toEqual(["embed", "layers.0.attention", "layers.0.mlp"]);
  expect(turns[2]!.fetches).toEqual(["h"]);
  expect(turns[2]!.exchange).toEqual(exchange);
});
