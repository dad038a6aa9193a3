import { cpSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { edit, scale, traced } from "../../hooks/index.js";
import { Session } from "../session.js";
import { opt, ownRuntime, quiet, rows } from "../sessions.fixture.js";
import type { ReadoutValues } from "../readout.js";

ownRuntime();

const loss = ({ logits }: ReadoutValues) => logits.mul(logits).mean([0, 1, 2]);

test("what rounding leaves of a gradient that cancels is neither a deviation nor an effect, and more than that is", async () => {
  const session = await Session.open(opt, { ...quiet, devices: 2, mesh: { tensor: 2 } });
  const keys = "model.decoder.layers.0.self_attn.k_proj.bias";
  const same = edit(
    "layers.1.mlp.output",
    traced((x) => x.mul(3).mul(1 / 3)),
  );
  const run = await session.backward(rows, { loss, parameters: "*", hooks: [same] });
  const all = [...run.parameters.values()].flatMap(({ data }) => [...data].map(Math.abs));
  const most = all.reduce((a, b) => Math.max(a, b));
  const { data } = run.parameters.get(keys)!;
  expect(Math.max(...data.map(Math.abs))).toBeLessThan(1e-6 * most);
  const found = await session.verify(run);
  expect(found.verdict).toBe("supported");
  expect(found.effect).toMatchObject({ isThere: false });
  // A bias of keys that had a gradient would be wrong.
  data[0] = 0.01 * most;
  const wrong = await session.verify(run);
  expect(wrong.verdict).toBe("wrong");
  expect(wrong.deviations.find(({ name }) => name === `${keys}@gradient`)!.relative).toBeGreaterThan(0.5);
  await session.close();
});

test("functions of the notebook find what was saved before the call, and write into copies", async () => {
  const session = await Session.open(opt, quiet);
  const seen: number[] = [];
  const counter = { calls: 0 };
  session.saved.set("seen", seen).set("counter", counter);
  const counting = edit("layers.*.mlp.output", ({ data }, { saved, layer }) => {
    (saved.get("seen") as number[]).push(layer!);
    const { calls } = Object.assign(saved.get("counter")!, { calls: ++counter.calls });
    return data.map((x) => x * calls);
  });
  // The function counts in the notebook's own object, and so would not find in a repetition what it found first.
  const closed = await session.verify(await session.forward(rows, { hooks: [counting] }));
  expect(closed.verdict).not.toBe("supported");
  const first = [...seen];
  expect(first.length).toBeGreaterThan(1);

  const saving = edit("layers.*.mlp.output", ({ data }, { saved, layer }) => {
    (saved.get("seen") as number[]).push(layer!);
    const kept = saved.get("counter") as { calls: number };
    kept.calls++;
    return data.map((x) => x * kept.calls);
  });
  const run = await session.forward(rows, { hooks: [saving] });
  const [list, calls] = [[...seen], counter.calls];
  const found = await session.verify(run);
  expect(found.verdict).toBe("supported");
  expect(found.effect!.isThere).toBe(true);
  expect([seen, counter.calls]).toEqual([list, calls]);
  await session.close();
});

test("arrays that the call was given and that were written since are told, not compared", async () => {
  const session = await Session.open(opt, quiet);
  const weight = Float32Array.of(1);
  const given = { weight: { shape: [1, 1, 1], data: weight } };
  const weighted = ({ logits, given }: ReadoutValues) =>
    logits.mul(logits).mul(given["weight"]!).mean([0, 1, 2]);
  const tensors = [0.5];
  const shifted = {
    trained: { probe: { b: tensors } },
    compute: ({ logits, trained }: ReadoutValues) => ({
      y: logits.mul(trained["probe"]!["b"]!).mean([0, 1, 2]),
    }),
  };
  const backward = await session.backward(rows, { loss: weighted, given, at: "embedding" });
  const forward = await session.forward(rows, { readout: shifted });
  for (const run of [backward, forward]) expect((await session.verify(run)).verdict).toBe("supported");
  weight[0] = 5;
  tensors[0] = 1;
  await expect(session.verify(backward)).rejects.toThrow(
    'given "weight" was written since the run: verify it before, or give the run a copy',
  );
  await expect(session.verify(forward)).rejects.toThrow('trained "probe.b" was written since the run');
  await session.close();
});

test("a checkpoint that was replaced since is no reason to call a run wrong", async () => {
  const folder = mkdtempSync(join(tmpdir(), "replaced-"));
  cpSync(opt, folder, { recursive: true });
  const session = await Session.open(folder, { ...quiet, name: "replaced" });
  try {
    const run = await session.forward(rows, { hooks: [edit("layers.0.mlp.output", scale(2))] });
    expect((await session.verify(run)).verdict).toBe("supported");
    const weights = join(folder, "model.safetensors");
    cpSync(weights, `${weights}.new`);
    renameSync(`${weights}.new`, weights);
    await expect(session.verify(run)).rejects.toThrow(
      `${folder}: its files of weights have been written anew since it was opened`,
    );
  } finally {
    await session.close();
    rmSync(folder, { recursive: true });
  }
});
