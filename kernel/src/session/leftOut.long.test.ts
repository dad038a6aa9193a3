import { describe, expect, test } from "vitest";
import { capture, edit, patch, scale, skip } from "../hooks/index.js";
import type { Dense } from "../hooks/index.js";
import { Session } from "./session.js";
import { opt, ownRuntime, quiet, rows } from "./sessions.fixture.js";

ownRuntime();

const away = (a: Dense, b: Dense) => {
  expect(a.shape).toEqual(b.shape);
  return Math.max(...a.data.map((value, i) => Math.abs(value - b.data[i]!)));
};

describe("lasting hooks", () => {
  test("act on forward and generate until they are disabled, and each run has its own results", async () => {
    const session = await Session.open(opt, quiet);
    const bare = (await session.forward(rows)).logits!;
    const steer = session.hooks.add(edit("layers.0.mlp.output", scale(3)), { groups: ["steer"] });
    session.hooks.add(capture("layers.0.mlp.output"));
    const run = await session.forward(rows);
    expect(away(run.logits!, bare)).toBeGreaterThan(1e-2);
    const scoped = await session.forward(rows, {
      hooks: [edit("layers.0.mlp.output", scale(3)), capture("layers.0.mlp.output")],
      groups: [],
    });
    expect(away(run.logits!, scoped.logits!)).toBe(0);
    expect(run.captures.size).toBe(1);
    expect(away((await session.forward(rows, { groups: ["steer"], complement: true })).logits!, bare)).toBe(
      0,
    );
    const steered = await session.generate(rows, { maxTokens: 6 });
    steer.disable();
    const plain = await session.generate(rows, { maxTokens: 6 });
    expect(steered.steps[0]!.captures.size).toBe(1);
    expect(JSON.stringify(steered.rows)).not.toBe(JSON.stringify(plain.rows));
    expect(away((await session.forward(rows)).logits!, bare)).toBe(0);
    steer.enable();
    expect(away((await session.forward(rows)).logits!, run.logits!)).toBe(0);
    expect(() => session.hooks.add(capture("layers.0.mlp.outputs"))).toThrow(
      'no hook point "layers.0.mlp.outputs": nearest is layers.0.mlp.output',
    );
    expect(() => session.hooks.add(skip("layers.9"))).toThrow(
      'no layer "layers.9": nearest is layers.2, which ends in layers.2.residual.out [batch, position, unit 40], between layers.2.mlp.output and norm',
    );
  });
});

describe.each([
  ["one process", {}],
  ["pipeline 2", { pipeline: 2 }],
  ["tensor 2", { tensor: 2 }],
])("on %s", (_, mesh) => {
  test("a skipped layer lets its residual through, in generations too", async () => {
    const session = await Session.open(opt, { ...quiet, mesh });
    for (const layer of [0, 1]) {
      const bare = await session.forward(rows, { hooks: [capture(`layers.${layer}.residual.in`)] });
      const through = patch(bare.get(`layers.${layer}.residual.in`));
      const patched = await session.forward(rows, { hooks: [edit(`layers.${layer}.residual.out`, through)] });
      const skipped = await session.forward(rows, { hooks: [skip(`layers.${layer}`)] });
      expect(away(patched.logits!, bare.logits!)).toBeGreaterThan(1e-2);
      expect(away(skipped.logits!, patched.logits!)).toBeLessThan(1e-5);
      await expect(
        session.forward(rows, { hooks: [skip(`layers.${layer}`), capture(`layers.${layer}.mlp.output`)] }),
      ).rejects.toThrow(
        `layers.${layer}.mlp.output [batch, position, unit 40], between layers.${layer}.mlp.hidden and layers.${layer}.residual.out, does not fire`,
      );
    }
    const skipping = { hooks: [skip("layers.0"), capture("logits")], maxTokens: 3 };
    const { rows: written, steps } = await session.generate([rows[0]!], skipping);
    const whole = [...rows[0]!, ...written[0]!.tokens.map(({ id }) => id)];
    const again = await session.forward([whole], { hooks: [skip("layers.0")] });
    const last = steps.at(-1)!.captures.get("logits")!;
    const size = last.shape.at(-1)!;
    const at = whole.length - 2;
    const expected = again.logits!.data.subarray(at * size, (at + 1) * size);
    expect(Math.max(...expected.map((value, i) => Math.abs(value - last.data[i]!)))).toBeLessThan(1e-5);
  });

  test("a run that stops after a layer gives what came before, and refuses what comes later", async () => {
    const session = await Session.open(opt, { ...quiet, mesh });
    const hooks = [capture("layers.0.residual.*")];
    const whole = await session.forward(rows, { hooks });
    const stopped = await session.forward(rows, { hooks, stopAfter: "layers.0" });
    expect(stopped.logits).toBeUndefined();
    for (const [name, value] of whole.captures) expect(away(stopped.get(name), value)).toBe(0);
    await expect(
      session.forward(rows, { hooks: [capture("layers.1.residual.out")], stopAfter: "layers.0" }),
    ).rejects.toThrow(
      "layers.1.residual.out [batch, position, unit 40], between layers.1.mlp.output and layers.2.residual.in, does not fire: the run stops after layers.0, which comes before it",
    );
    await expect(session.forward(rows, { logits: "all", stopAfter: "layers.0" })).rejects.toThrow(
      'logits "all": there are none when the run stops after layers.0',
    );
  });
});
