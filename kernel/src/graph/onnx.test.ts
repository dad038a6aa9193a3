import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as onnxruntime from "onnxruntime-node";
import { afterAll, expect, test } from "vitest";
import { cut } from "./cut.js";
import { Graph } from "./graph.js";
import { encodeModel, weightFolder } from "./onnx.js";

const folder = mkdtempSync(join(tmpdir(), "vitrail-onnx-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("onnxruntime reads a weight from the middle of a file and computes with it", async () => {
  // Seven stray bytes first: offsets of published files are not aligned.
  const file = join(folder, "weights.bin");
  const weight = Float32Array.from([1, 2, 3, 4, 5, 6]);
  writeFileSync(file, Buffer.concat([Buffer.alloc(7), Buffer.from(weight.buffer)]));

  const graph = new Graph();
  const x = graph.input("x", "f32", ["batch", "position", 3]);
  const w = graph.weight("w", "f32", [2, 3], { file, offset: 7, bytes: 24 });
  const [segment] = cut(graph, [x.linear(w).add(0.5)]);
  const session = await onnxruntime.InferenceSession.create(encodeModel(segment!, folder), {
    extra: { session: { model_external_initializers_file_folder_path: folder } },
  });
  const fed = new onnxruntime.Tensor("float32", Float32Array.from([1, 0, 0, 1, 1, 1]), [1, 2, 3]);
  const { [segment!.outputs[0]!.name]: y } = await session.run({ x: fed });
  expect(y!.dims).toEqual([1, 2, 2]);
  expect([...(y!.data as Float32Array)]).toEqual([1.5, 4.5, 6.5, 15.5]);
});

test("the weight folder is the deepest one that holds every file", () => {
  expect(weightFolder(["/a/b/one.bin", "/a/b/two.bin"])).toBe("/a/b");
  expect(weightFolder(["/a/b/one.bin", "/a/bc/two.bin"])).toBe("/a");
  expect(weightFolder(["/x/one.bin", "/a/two.bin"])).toBe("/");
});
