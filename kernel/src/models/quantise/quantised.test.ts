import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { goldens } from "../checkpoint/goldens.fixture.js";
import { openModel, type Model } from "../model.js";
import { outputChannels } from "./channels.js";
import { quantised } from "./quantised.js";

const open = (name: string) => openModel(join(goldens, "checkpoints", name));

describe("the matrices that layers multiply with are quantised, along the axis of their outputs", () => {
  test.each([
    { name: "opt", path: "model.decoder.layers.", each: 6, axis: 0 },
    // Its projections into and out of the layers are not the layers'.
    { name: "opt-350m", path: "model.decoder.layers.", each: 6, axis: 0 },
    { name: "gpt2", path: "transformer.h.", each: 4, axis: 1 },
    { name: "llama-grouped", path: "model.layers.", each: 7, axis: 0 },
    { name: "gpt-neox", path: "gpt_neox.layers.", each: 4, axis: 0 },
  ])("$name", async ({ name, path, each, axis }) => {
    const { blueprint, parameters } = await open(name);
    const channels = outputChannels(blueprint);
    const matrices = [...parameters].filter(([own, { shape }]) => own.startsWith(path) && shape.length === 2);
    expect([...channels.keys()].sort()).toEqual(matrices.map(([own]) => own).sort());
    expect(channels.size).toBe(each * blueprint.dimensions.layers);
    expect(new Set(channels.values())).toEqual(new Set([axis]));
  });
});

test("what is quantised lies in its file without overlap, and everything else where it was", async () => {
  const published = await open("llama-grouped");
  const model = quantised(published, { rule: "int8", file: "/there" });
  const taken: [from: number, to: number][] = [];
  for (const [name, stored] of model.parameters) {
    const before = published.parameters.get(name)!;
    if (stored.scales === undefined) {
      expect(stored).toBe(before);
      continue;
    }
    const { axis, offset, bytes } = stored.scales;
    expect([stored.dtype, stored.file, stored.shape]).toEqual(["i8", "/there", before.shape]);
    expect(stored.bytes).toBe(before.shape[0]! * before.shape[1]!);
    expect(bytes).toBe(4 * before.shape[axis]!);
    taken.push([stored.offset, stored.offset + stored.bytes], [offset, offset + bytes]);
  }
  taken.sort(([a], [b]) => a - b);
  taken.slice(1).forEach(([from], i) => expect(from).toBeGreaterThanOrEqual(taken[i]![1]));
  expect(taken).toHaveLength(2 * 7 * published.dimensions.layers);

  const sizes = ({ layerBytes, weightBytes, embedBytes, headBytes }: Model) => ({
    layer: layerBytes[0]!,
    weightBytes,
    rest: [embedBytes, headBytes],
  });
  const [own, less] = [sizes(published), sizes(model)];
  const linear = [...outputChannels(published.blueprint).keys()].map((name) =>
    published.parameters.get(name)!,
  );
  const held = taken.reduce((sum, [from, to]) => sum + to - from, 0);
  expect(own.weightBytes - less.weightBytes).toBe(linear.reduce((sum, { bytes }) => sum + bytes, 0) - held);
  expect(less.layer).toBeLessThan(own.layer);
  expect(less.rest).toEqual(own.rest);
});
