import type { Value } from "../../graph/value.js";
import { expect, test } from "vitest";
import { capture, edit, scale } from "../../hooks/index.js";
import type { ReadoutValues } from "../readout.js";
import { Session } from "../session.js";
import { opt, ownRuntime, quiet, rows } from "../sessions.fixture.js";
import type { Hook } from "../types.js";
import type { LossResult } from "./loss.js";
import type { BackwardOptions } from "./types.js";

ownRuntime();

test.each([{}, { mesh: { data: 2 } }, { mesh: { pipeline: 2, tensor: 2 } }])(
  "what a loss returns beside itself is that of a forward pass, and changes no gradient (%j)",
  async (mesh) => {
    const session = await Session.open(opt, { ...quiet, ...mesh });
    const at = "layers.0.residual.out";
    const alone = await session.backward(rows, {
      at,
      loss: ({ logits }) => logits.mul(logits).sum([0, 1, 2]),
    });
    const told = await session.backward(rows, {
      at,
      read: ["layers.1.residual.in"],
      loss: ({ logits, captures }) => ({
        loss: logits.mul(logits).sum([0, 1, 2]),
        second: logits.slice(1, 1, 2),
        stream: captures["layers.1.residual.in"]!.mul(2),
      }),
    });
    expect([...alone.readout.keys()]).toEqual([]);
    expect([...told.readout.keys()]).toEqual(["second", "stream"]);
    expect(told.loss).toBe(alone.loss);
    expect(told.gradient(at).data).toEqual(alone.gradient(at).data);
    expect(Math.max(...told.gradient(at).data)).toBeGreaterThan(1e-2);

    const run = await session.forward(rows, {
      hooks: [{ kind: "capture", selector: "layers.1.residual.in" }],
    });
    const vocabulary = run.logits!.shape[2]!;
    const ofSecond = rows.flatMap((_, row) => {
      const from = (row * run.logits!.shape[1]! + 1) * vocabulary;
      return [...run.logits!.data.subarray(from, from + vocabulary)];
    });
    const second = told.readout.get("second")!;
    expect(second.shape).toEqual([2, 1, vocabulary]);
    second.data.forEach((logit, i) => expect(logit).toBeCloseTo(ofSecond[i]!, 5));
    const stream = run.get("layers.1.residual.in").data;
    // Behind a row's tokens lies padding.
    const tokens = rows[0]!.length * session.dimensions.hidden;
    expect(told.readout.get("stream")!.data.subarray(0, tokens)).toEqual(
      stream.subarray(0, tokens).map((x) => 2 * x),
    );
    await session.close();
  },
);

test.each([{}, { mesh: { data: 2 } }, { mesh: { tensor: 2 } }])(
  "of the last positions a loss sees those alone, also where a hook reads or edits the logits (%j)",
  async (options) => {
    const session = await Session.open(opt, { ...quiet, ...options });
    const loss: BackwardOptions["loss"] = ({ logits }) => logits.logSoftmax().slice(2, 3, 4).sum([0, 1, 2]);
    const at = "layers.1.mlp.hidden";
    const asked = { loss, at, logits: "last" } as const;
    const bare = await session.backward(rows, asked);
    const hooked = await session.backward(rows, { ...asked, hooks: [capture("logits")] });
    const edited = await session.backward(rows, { ...asked, hooks: [edit("logits", scale(1))] });
    for (const run of [hooked, edited]) {
      expect(run.loss).toBeCloseTo(bare.loss, 4);
      run.gradient(at).data.forEach((x, i) => expect(x).toBeCloseTo(bare.gradient(at).data[i]!, 4));
    }
    const all = await session.backward(rows, { loss, at });
    expect(Math.abs(all.loss - bare.loss)).toBeGreaterThan(1);
    const readout = { compute: ({ logits }: ReadoutValues) => ({ seen: logits.slice(2, 0, 1) }) };
    const seen = async (hooks: readonly Hook[]) =>
      (await session.forward(rows, { logits: "last", readout, hooks })).readout.get("seen")!;
    const [own, beside] = [await seen([]), await seen([capture("logits")])];
    expect(beside.shape).toEqual([rows.length, 1, 1]);
    own.data.forEach((x, i) => expect(beside.data[i]).toBeCloseTo(x, 4));
    await session.close();
  },
);

test("what comes without a loss is refused before anything runs", async () => {
  const session = await Session.open(opt, quiet);
  const asking = (loss: (logits: object) => unknown) =>
    session.backward(rows, { loss: ({ logits }) => loss({ right: logits }) as LossResult });
  await expect(asking((values) => values)).rejects.toThrow("loss returns right: one must be called loss");
  await expect(asking(() => ({}))).rejects.toThrow("loss returns nothing: one must be called loss");
  const must = "it must be a graph value, a scalar [], or { loss } with others";
  for (const [returned, told] of [
    [undefined, "undefined"],
    [5, "5"],
    [Promise.reject(new Error("late")), "a promise"],
    [new Float32Array(3), "Float32Array of 3"],
  ] as const)
    await expect(asking(() => returned)).rejects.toThrow(`loss returns ${told}: ${must}`);
  await expect(asking(() => ({ loss: 5 }))).rejects.toThrow(
    'readout "loss" is 5: it must be a graph value, f32 of known size',
  );
  const reading = (compute: (logits: unknown) => unknown) =>
    session.forward(rows, { readout: { compute: ({ logits }) => compute(logits) as Record<string, Value> } });
  const named = "it must be graph values by name, such as { best }";
  await expect(reading(() => undefined)).rejects.toThrow(`readout returns undefined: ${named}`);
  await expect(reading((logits) => Promise.resolve({ logits }))).rejects.toThrow(
    `readout returns a promise: ${named}`,
  );
  await expect(reading((logits) => logits)).rejects.toThrow(/readout returns graph value \[2, 5, \d+\]: it/);
  await expect(reading(() => ({ best: [1, 2] }))).rejects.toThrow('readout "best" is Array of 2: it must be');
  await session.close();
});
