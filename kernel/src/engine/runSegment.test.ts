import { join } from "node:path";
import { expect, test } from "vitest";
import { elementCount } from "../graph/rowMajor.js";
import type { Tensor } from "../graph/tensor.js";
import { buildStage, wholeModel } from "../models/build.js";
import { goldens } from "../models/checkpoint/goldens.fixture.js";
import { prepareInputs } from "../models/inputs.js";
import { openModel } from "../models/model.js";
import { runSegment } from "./runSegment.js";
import { onnxruntime, plainly } from "./runtime/runtime.js";

const runtime = onnxruntime({ threads: 1, spin: false, shared: false });

test("values are computed in the memory that they are given, reshaped ones too, and are the same there", async () => {
  const model = await openModel(join(goldens, "checkpoints", "opt"));
  const { segments } = buildStage(model, wholeModel(model.blueprint));
  const [embed, layer] = segments as [(typeof segments)[number], (typeof segments)[number]];
  const inputs = prepareInputs([[5, 6, 7]], "all");
  const values = new Map<string, Tensor>([
    ["tokens", { dtype: "i64", ...inputs.tokens }],
    ["positions", { dtype: "i64", ...inputs.positions }],
    ["mask", { dtype: "f32", ...inputs.mask }],
  ]);
  const run = async (
    segment: (typeof segments)[number],
    fetches: readonly string[],
    place?: Parameters<typeof runSegment>[4],
  ) => {
    const { weightFolder } = segment;
    const executable = await runtime.load(segment.model, { ...plainly, weightFolder });
    const left = await runSegment(executable, segment, values, fetches, place);
    await executable.release();
    return left;
  };
  for (const [name, tensor] of await run(embed, embed.outputs)) values.set(name, tensor);
  const names = ["attention.pattern", "mlp.pre"].map((point) => layer.points.get(`layers.0.${point}`)!);
  expect(names.map((name) => layer.leaving.get(name)!.as === name)).toEqual([true, false]);

  const whole = await run(layer, names);
  const memory = new Map<string, Tensor>();
  const placed = await run(layer, names, (name, shape) => {
    memory.set(name, { dtype: "f32", shape, data: new Float32Array(elementCount(shape)) });
    return memory.get(name);
  });
  for (const name of names) {
    expect(placed.get(name)!.data).toBe(memory.get(name)!.data);
    expect(placed.get(name)!.data.some((x) => x !== 0)).toBe(true);
    expect(placed.get(name)).toEqual(whole.get(name));
  }
  expect(whole.get(names[1]!)!.shape).toEqual([1, 3, model.dimensions.inner]);
});
