import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { Graph } from "../../graph/graph.js";
import { encodeModel } from "../../graph/onnx.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Value } from "../../graph/value.js";
import { whole } from "../../graph/whole.js";
import { onnxruntime, plainly } from "./runtime.js";

const crew = { threads: 1, spin: false, shared: false };

/** y = 2 x, of any number of rows of three. */
function doubling() {
  const graph = new Graph();
  graph.begin("all");
  const x = graph.input("x", "f32", ["row", 3]);
  const y = x.mul(2);
  return { name: y.name, model: encodeModel(whole(graph, [y], "all"), "/") };
}

const rows = (count: number, first: number): Tensor => ({
  dtype: "f32",
  shape: [count, 3],
  data: Float32Array.from({ length: count * 3 }, (_, i) => first + i),
});

test("a value stays what it is while its graph runs again, and when the graph is gone", async () => {
  const { name, model } = doubling();
  const executable = await onnxruntime(crew).load(model, plainly);
  const run = async (x: Tensor) => (await executable.run(new Map([["x", x]]), [name])).get(name)!;
  const first = await run(rows(2, 1));
  const second = await run(rows(2, 100));
  expect((await run(second)).data).toEqual(Float32Array.of(400, 404, 408, 412, 416, 420));
  await executable.release();
  expect(first).toEqual({ dtype: "f32", shape: [2, 3], data: Float32Array.of(2, 4, 6, 8, 10, 12) });
  expect(second.data[0]).toBe(200);
});

test("a value can be written to: it shares its memory with no input, no constant and no other value", async () => {
  const graph = new Graph();
  graph.begin("all");
  const x = graph.input("x", "f32", ["row", 3]);
  const same = (of: Value) => graph.apply("Identity", [of], of.dtype, of.shape);
  const doubled = x.mul(2);
  const constant = graph.floats([1, 3], [7, 8, 9]).add(1);
  const results = [same(x), doubled, same(doubled), constant];
  const executable = await onnxruntime(crew).load(encodeModel(whole(graph, results, "all"), "/"), plainly);
  const given = rows(1, 1);
  const expected = [
    [1, 2, 3],
    [2, 4, 6],
    [2, 4, 6],
    [8, 9, 10],
  ];
  for (let time = 0; time < 2; time++) {
    const left = await executable.run(
      new Map([["x", given]]),
      results.map(({ name }) => name),
    );
    for (const [i, { name }] of results.entries()) {
      const { data } = left.get(name)!;
      expect([...data]).toEqual(expected[i]);
      (data as Float32Array).fill(-1);
    }
  }
  expect(given).toEqual(rows(1, 1));
  await executable.release();
});

test("a value without numbers goes in and comes out", async () => {
  const { name, model } = doubling();
  const executable = await onnxruntime(crew).load(model, plainly);
  const left = await executable.run(new Map([["x", rows(0, 0)]]), [name]);
  expect(left.get(name)).toEqual(rows(0, 0));
  await executable.release();
});

test("what fails throws what onnxruntime says, and the next run is well", async () => {
  const { name, model } = doubling();
  const executable = await onnxruntime(crew).load(model, plainly);
  const wrong: Tensor = { dtype: "f32", shape: [1, 4], data: new Float32Array(4) };
  await expect(executable.run(new Map([["x", wrong]]), [name])).rejects.toThrow(
    /invalid dimensions for input: x/,
  );
  await expect(executable.run(new Map(), [name])).rejects.toThrow(/x/);
  expect((await executable.run(new Map([["x", rows(1, 1)]]), [name])).get(name)!.data[2]).toBe(6);
  await executable.release();
  await expect(onnxruntime(crew).load(Buffer.from("no model"), plainly)).rejects.toThrow(/protobuf|model/i);
});

/** What a program of its own prints, which finds this module as `onnxruntime` and the others as they are built. */
function printed(program: string, ...flags: string[]): string {
  const built = new URL("../../../dist/", import.meta.url).href;
  const { name, model } = doubling();
  const text = `
    import { onnxruntime, plainly } from "${built}engine/runtime/runtime.js";
    const model = Buffer.from("${Buffer.from(model).toString("base64")}", "base64");
    const name = ${JSON.stringify(name)};
    ${program}`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, "--input-type=module", "--eval", text],
    { encoding: "utf8" },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.trim();
}

test("memory of values that nobody has any more is given back", () => {
  const run = (keep: boolean) =>
    Number(
      printed(`
        const executable = await onnxruntime({ threads: 1, spin: false, shared: true }).load(model, plainly);
        const data = new Float32Array(3 * 2 ** 19).fill(1);
        const kept = [];
        for (let i = 0; i < 150; i++) {
          const left = await executable.run(new Map([["x", { dtype: "f32", shape: [2 ** 19, 3], data }]]), [name]);
          if (${keep}) kept.push(left);
        }
        console.log(Math.round(process.memoryUsage().rss / 1e6));
      `),
    );
  // 150 values of 6.3 MB.
  expect(run(true)).toBeGreaterThan(900);
  expect(run(false)).toBeLessThan(500);
});

test("it computes too, and as quietly, where a program has loaded the package's own binding first, which begins another environment", () => {
  const binding = pathToFileURL(createRequire(import.meta.url).resolve("onnxruntime-node")).href;
  const answer = printed(`
    import { InferenceSession } from "${binding}";
    await InferenceSession.create(model);
    const executable = await onnxruntime({ threads: 2, spin: true, shared: false }).load(model, plainly);
    const x = { dtype: "f32", shape: [1, 3], data: Float32Array.of(1, 2, 3) };
    await executable.run(new Map(), [name]).catch(() => {});
    console.log((await executable.run(new Map([["x", x]]), [name])).get(name).data.join());
  `);
  expect(answer).toBe("2,4,6");
});
