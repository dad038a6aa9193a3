import { inspect } from "node:util";
import { expect, test } from "vitest";
import { add, editGradient, keep, mean, projectOut, scale, set, traced, zero } from "../../hooks/index.js";
import type { GradientEdit, HostContext, HostFunction } from "../../hooks/index.js";
import { CancelledError } from "../cancelled.js";
import { Session } from "../session.js";
import { opt, ownRuntime, quiet, rows } from "../sessions.fixture.js";
import type { BackwardOptions } from "./types.js";

ownRuntime();

const [early, wide] = ["model.decoder.layers.0.fc1.weight", "model.decoder.layers.1.fc2.weight"];
const [words, head] = ["model.decoder.embed_tokens.weight", "lm_head.weight"];
const loss: BackwardOptions["loss"] = ({ logits, valid }) =>
  logits.mul(logits).sum([2]).mul(valid).sum([0, 1]);
const gradients = (
  session: Session,
  hooks: readonly GradientEdit[] = [],
  parameters: readonly string[] = [early, wide],
) => session.backward(rows, { loss, hooks, parameters });
const of = async (session: Session, hooks: readonly GradientEdit[], name = early) =>
  (await gradients(session, hooks)).parameters.get(name)!.data;

test("a parameter's gradient is edited in the order given, and no other is", async () => {
  const session = await Session.open(opt, quiet);
  const bare = (await gradients(session)).parameters;
  const { data, shape } = bare.get(early)!;
  expect(Math.max(...data)).toBeGreaterThan(1e-2);
  const more = { shape: [1, shape[1]!], data: new Float32Array(shape[1]!).fill(1) };
  const both = await gradients(session, [editGradient(early, scale(2)), editGradient(early, add(more))]);
  expect(both.parameters.get(early)!.data).toEqual(data.map((x) => Math.fround(2 * x) + 1));
  expect(both.parameters.get(wide)).toEqual(bare.get(wide));
  expect(both.provenance.call).toContain(
    `editGradient("${early}", scale 2), editGradient("${early}", add [1,`,
  );
  const turned = [editGradient(early, add(more)), editGradient(early, scale(2))];
  expect(await of(session, turned)).toEqual(data.map((x) => Math.fround(x + 1) * 2));
  expect(await of(session, [editGradient(early, zero())])).toEqual(data.map(() => 0));
  expect(await of(session, [editGradient(early, set(3))])).toEqual(data.map(() => 3));
  const same = traced((dx) => dx);
  expect(await of(session, [editGradient(early, same)])).toEqual(data);
  const ofRows = traced((dx, { valid }) => dx.zeros().add(dx.mul(valid).mean([1], true)));
  const means = await of(session, [editGradient(early, ofRows)]);
  const first = data.slice(0, shape[1]).reduce((a, b) => a + b) / shape[1]!;
  expect([means[0], means[shape[1]! - 1]]).toEqual([expect.closeTo(first, 4), expect.closeTo(first, 4)]);
  await session.close();
});

test.each([{}, { mesh: { tensor: 2 } }, { mesh: { pipeline: 2, data: 2 } }])(
  "a function is called once on the whole of it, and told where it is; what it keeps is its own (%j)",
  async (mesh) => {
    const session = await Session.open(opt, { ...quiet, ...mesh });
    const bare = (await gradients(session)).parameters;
    const calls: Partial<HostContext>[] = [];
    const kept: Float32Array[] = [];
    const look: HostFunction = async (dx, { point, layer, step, lengths, saved }) => {
      calls.push({ point, layer, step, lengths });
      saved.set(point, dx.shape);
      kept.push(dx.data);
      await Promise.resolve();
      return dx;
    };
    const buffer = new Float32Array(bare.get(early)!.data.length);
    const twice: HostFunction = (dx) => {
      dx.data.forEach((x, i) => (buffer[i] = 2 * x));
      dx.data.fill(9);
      return buffer;
    };
    const asked = "model.decoder.layers.0-1.fc{1,2}.weight";
    const hooks = [editGradient(asked, look), editGradient(early, twice)];
    const run = await gradients(session, hooks, [asked]);
    expect(run.parameters.get(early)!.data).toEqual(bare.get(early)!.data.map((x) => 2 * x));
    expect(run.parameters.get(wide)).toEqual(bare.get(wide));
    expect(calls).toEqual(
      [0, 1].flatMap((layer) =>
        [1, 2].map((n) => ({
          point: `model.decoder.layers.${layer}.fc${n}.weight`,
          layer,
          step: 0,
          lengths: [5, 2],
        })),
      ),
    );
    expect(kept[0]).toEqual(bare.get(early)!.data);
    expect(session.saved.get(wide)).toEqual(bare.get(wide)!.shape);
    await session.close();
  },
);

test("tied weights have one gradient, edited once by either name and shown under both", async () => {
  const session = await Session.open(opt, { ...quiet, mesh: { pipeline: 2 } });
  const bare = (await gradients(session, [], [words])).parameters.get(words)!;
  let calls = 0;
  const twice: HostFunction = (dx) => {
    calls++;
    return dx.data.map((x) => 2 * x);
  };
  const { parameters } = await gradients(session, [editGradient(head, twice)], [words, head]);
  for (const name of [words, head]) expect(parameters.get(name)!.data).toEqual(bare.data.map((x) => 2 * x));
  expect(calls).toBe(1);
  await session.close();
});

test("what fits no parameter is refused in one line before anything runs, also of a lasting hook", async () => {
  const session = await Session.open(opt, quiet);
  let calls = 0;
  const count: HostFunction = (dx) => {
    calls++;
    return dx;
  };
  const refused: readonly (readonly [GradientEdit, string])[] = [
    [
      editGradient(`${early}[unit=3]`, zero()),
      `editGradient "${early}[unit=3]": the axes of a parameter have no`,
    ],
    [
      editGradient(early, mean(["unit"])),
      `editGradient "${early}" by mean: the axes of a parameter have no names`,
    ],
    [editGradient(early, keep()), `editGradient "${early}" by keep: nothing of a parameter is selected`],
    [
      editGradient(early, add([1, 2, 3])),
      `tensor of shape [3] at ${early} [unit 96, unit 40]: the selected part is [96, 40]`,
    ],
    [editGradient(early, projectOut([1, 2])), `direction of 2 units at ${early} [unit 96, unit 40]`],
    [
      editGradient(
        early,
        traced((dx) => dx.sum([0])),
      ),
      `traced function at ${early} [unit 96, unit 40], returns f32 [40]: it must be f32 [96, 40]`,
    ],
    [
      editGradient(early, traced((() => undefined) as never)),
      `traced function at ${early} [unit 96, unit 40], returns undefined: it must be a graph value, f32 [96, 40]`,
    ],
    [
      editGradient("model.decoder.layers.0.fc3.weight", zero()),
      'no parameter "model.decoder.layers.0.fc3.weight": nearest is model.decoder.layers.',
    ],
  ];
  const [nothing, form] = [editGradient("[unit=3]", zero()), 'selector "[unit=3]" is not of the form name'];
  for (const [hook, why] of [...refused, [nothing, form] as const]) {
    await expect(gradients(session, [editGradient("norm", count), hook])).rejects.toThrow(why);
    expect(() => session.hooks.add(hook)).toThrow(why);
  }
  const unasked = editGradient("model.decoder.layers.*.fc2.weight", count);
  await expect(gradients(session, [unasked])).rejects.toThrow(
    'editGradient "model.decoder.layers.*.fc2.weight" changes nothing: the gradient of model.decoder.layers.0.fc2.weight is not asked for, name it in parameters',
  );
  expect(calls).toBe(0);
  await session.close();
});

test("a glob of modules' names, which chooses weights and hook points alike, is refused, and means weights by its end", async () => {
  const session = await Session.open(opt, quiet);
  const both = "model.decoder.layers.*.fc1.*";
  const why =
    `editGradient "${both}" chooses parameters, such as ${early}, and hook points, such as ` +
    "model.decoder.layers.0.fc1.input [batch, position, unit 40], between layers.0.mlp.norm and layers.0.mlp.pre: " +
    "a glob that ends in .weight, .bias or .{weight,bias} means parameters, one of names such as layers.0.mlp.in hook points";
  await expect(gradients(session, [editGradient(both, scale(10))], [early])).rejects.toThrow(why);
  expect(() => session.hooks.add(editGradient(both, scale(10)))).toThrow(why);
  const [bare, bias] = [await of(session, []), early.replace("weight", "bias")];
  const ended = editGradient("model.decoder.layers.0.fc1.{weight,bias}", scale(2));
  const { parameters } = await gradients(session, [ended], [early, bias]);
  expect(parameters.get(early)!.data).toEqual(bare.map((x) => 2 * x));
  // By their canonical names it means hook points, whatever parameters it chooses besides.
  const everywhere = editGradient("*", zero());
  expect(await of(session, [everywhere])).toEqual(bare.map(() => 0));
  await session.close();
});

test("a lasting one acts, where its parameter is asked for, until it is removed, and the tree of hooks names it; what it throws has its name", async () => {
  const session = await Session.open(opt, quiet);
  const bare = await of(session, []);
  const hook = session.hooks.add(editGradient(early, scale(2)), { name: "mine" });
  expect(inspect(session.hooks)).toContain("elsewhere: mine");
  expect(await of(session, [])).toEqual(bare.map((x) => 2 * x));
  const { verdict, edits } = await session.verify(await gradients(session));
  expect(verdict).toBe("supported");
  expect(edits).toEqual([expect.objectContaining({ edit: `editGradient("${early}", scale 2)` })]);
  expect(edits[0]!.effect!.at).toBe(`${early}@gradient`);
  const others = await gradients(session, [], [wide]);
  expect([...others.parameters.keys()]).toEqual([wide]);
  hook.remove();
  const throwing = editGradient(early, () => {
    throw new RangeError("boom");
  });
  await expect(gradients(session, [throwing])).rejects.toThrow(`editGradient "${early}": boom`);
  const wrong = editGradient(early, () => new Float32Array(3));
  await expect(gradients(session, [wrong])).rejects.toThrow(
    `editGradient "${early}" returned Float32Array of 3: it must be a tensor of shape [96, 40]`,
  );
  const stop = new AbortController();
  const waiting = editGradient(early, (dx) => {
    stop.abort();
    return new Promise((resolve) => setTimeout(() => resolve(dx), 60_000).unref());
  });
  const { signal } = stop;
  const given = session.backward(rows, { loss, hooks: [waiting], parameters: early, signal });
  await expect(given).rejects.toThrow(CancelledError);
  expect(await of(session, [])).toEqual(bare);
  await session.close();
});
