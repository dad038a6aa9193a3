import { expect, test } from "vitest";
import { capture } from "../hooks/index.js";
import type { ReadoutValues } from "./readout.js";
import { Session } from "./session.js";
import { opt, ownRuntime, quiet, rows } from "./sessions.fixture.js";

ownRuntime();

const between = "between layers.2.residual.out and logits";
const pattern = "layers.1.attention.pattern";

test("what a run did not bring back is answered with the nearest that it did, its shape in the run and its place", async () => {
  const session = await Session.open(opt, quiet);
  const run = await session.forward(rows, {
    hooks: [capture("norm"), capture(pattern), capture(`${pattern}[head=1, query=-1]`)],
  });
  expect(() => run.get("nrom")).toThrow(
    `no capture "nrom": nearest is norm [batch 2, position 5, unit 40], ${between}`,
  );
  expect(() => run.get("layers.1.attention.patern")).toThrow(
    `no capture "layers.1.attention.patern": nearest is ${pattern} [batch 2, head 4, query 5, key 5], between layers.1.attention.scores and layers.1.attention.z`,
  );
  expect(() => run.get(`${pattern}[heads=1]`)).toThrow(
    `"heads" is no axis of ${pattern} [batch, head 4, query, key], between layers.1.attention.scores and layers.1.attention.z`,
  );
  const before = await session.forward([rows[0]!], {
    hooks: [capture(`${pattern}[head=1, query=-1]`), capture("norm", { when: "before" })],
  });
  expect(() => before.get("layers.1.attention.patern[head=1]")).toThrow(
    `nearest is ${pattern} [batch 1, head 1, query 1, key 5], between`,
  );
  expect(() => before.get("norm@befor")).toThrow(
    `nearest is norm@before [batch 1, position 5, unit 40], ${between}`,
  );
  const bare = await session.forward(rows);
  expect(() => bare.get("nrom")).toThrow('no capture "nrom": this run captured nothing');
  const { steps } = await session.generate(rows, { maxTokens: 2, hooks: [capture("norm")] });
  expect(() => steps[1]!.get("nrom")).toThrow(`nearest is norm [batch 2, position 1, unit 40], ${between}`);
});

test("a gradient that was not asked for is answered likewise", async () => {
  const session = await Session.open(opt, quiet);
  const loss = ({ logits }: ReadoutValues) => logits.logSoftmax().slice(2, 3, 4).sum([0, 1, 2]);
  const run = await session.backward(rows, { loss, at: ["norm", "layers.0.mlp.hidden[position=0]"] });
  expect(() => run.gradient("normm")).toThrow(
    `no gradient at "normm": nearest is norm [batch 2, position 5, unit 40], ${between}`,
  );
  expect(() => run.gradient("layers.0.mlp.hiden")).toThrow(
    "nearest is layers.0.mlp.hidden [batch 2, position 1, unit 96], between layers.0.mlp.pre and layers.0.mlp.output",
  );
  const none = await session.backward(rows, { loss });
  expect(() => none.gradient("norm")).toThrow('no gradient at "norm": none was asked for, name it in at');
});

test("so is what a readout does not read, or reads in part", async () => {
  const session = await Session.open(opt, quiet);
  const read = (compute: (values: ReadoutValues) => ReadoutValues["captures"], points = ["norm"]) =>
    session.forward(rows, { readout: { read: points, given: { weights: Float32Array.of(1, 2) }, compute } });
  await expect(read(({ captures }) => ({ x: captures["nrom"]! }))).rejects.toThrow(
    `no point in read: "nrom": nearest is norm [batch, position, unit 40], ${between}`,
  );
  await expect(read(({ given }) => ({ x: given["weight"]! }))).rejects.toThrow(
    'no given array "weight": nearest is weights [2]',
  );
  await expect(read(({ captures }) => ({ x: captures["norm"]! }), ["norm[position=0]"])).rejects.toThrow(
    `read "norm[position=0]": a readout reads the whole of norm [batch, position, unit 40], ${between}: slice the value itself`,
  );
});

test("a run stops after one whole point, and one of several is named", async () => {
  const session = await Session.open(opt, quiet);
  const stop = (stopAfter: string) => session.forward(rows, { stopAfter });
  await expect(stop("layers.*.mlp.pre")).rejects.toThrow(
    'stopAfter "layers.*.mlp.pre" chooses 3 hook points: name a layer or one whole point, such as layers.0.mlp.pre [batch, position, unit 96], between layers.0.mlp.in and layers.0.mlp.hidden',
  );
  await expect(stop("norm[position=0]")).rejects.toThrow(
    `stopAfter "norm[position=0]" chooses a part of one: name a layer or one whole point, such as norm [batch, position, unit 40], ${between}`,
  );
  await expect(stop("layers.9")).rejects.toThrow(
    'no hook point "layers.9.residual.out": nearest is layers.2.residual.out [batch, position, unit 40], between layers.2.mlp.output and norm',
  );
});
