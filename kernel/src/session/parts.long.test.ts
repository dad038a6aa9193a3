import { expect, test } from "vitest";
import { attention } from "../display/index.js";
import { add, capture, edit, editGradient, scale, zero } from "../hooks/index.js";
import type { ReadoutValues } from "./readout.js";
import { Session } from "./session.js";
import { gpt2, opt, ownRuntime, quiet, rows } from "./sessions.fixture.js";

ownRuntime();
const pattern = "layers.0.attention.pattern";

test("several parts of a point are those of the whole, whatever the mesh, and none is guessed", async () => {
  for (const options of [{}, { mesh: { tensor: 2 } }]) {
    const session = await Session.open(opt, { ...quiet, ...options });
    const whole = (await session.forward(rows, { hooks: [capture(pattern)] })).get(pattern);
    const [, heads, queries, columns] = whole.shape as [number, number, number, number];
    const [first, last] = [`${pattern}[head=0]`, `${pattern}[head=1, query=-1]`];
    const run = await session.forward(rows, { hooks: [capture(first), capture(last)] });
    expect([...run.captures.keys()]).toEqual([first, last]);
    const at = (row: number, head: number, query: number) =>
      whole.data.subarray(
        ((row * heads + head) * queries + query) * columns,
        ((row * heads + head) * queries + query + 1) * columns,
      );
    const all = Array.from({ length: queries }, (_, query) => query);
    expect([...run.get(first).data]).toEqual(
      rows.flatMap((_, row) => all.flatMap((query) => [...at(row, 0, query)])),
    );
    const ends = rows.flatMap((ids, row) => [...at(row, 1, ids.length - 1)]);
    expect([...run.get(`${pattern}[query=-1, head=1]`).data]).toEqual(ends);
    const place = `between ${pattern.replace("pattern", "scores")} and ${pattern.replace("pattern", "z")}`;
    expect(() => run.get(pattern)).toThrow(
      `several parts of "${pattern}" were captured: choose ${first} [batch 2, head 1, query 5, key 5], ${place}, or ${last} [batch 2, head 1, query 1, key 5], ${place}`,
    );
    await session.close();
  }
});

test("a lasting capture of a part takes nothing from a call, nor a call from it", async () => {
  const session = await Session.open(opt, quiet);
  const point = "layers.1.residual.out";
  const alias = "model.decoder.layers.1";
  const bare = (await session.forward(rows, { hooks: [capture(point)] })).get(point);
  session.hooks.add(capture(`${point}[position=-1]`), { name: "last" });
  session.hooks.add(edit(point, scale(2)));
  const hooks = [capture(point), capture(`${point}[position=0]`, { when: "before" })];
  const run = await session.forward(rows, { hooks });
  expect(run.get(point).data).toEqual(bare.data.map((x) => 2 * x));
  const [units, length] = [bare.shape[2]!, bare.shape[1]!];
  const ends = rows.flatMap((ids, row) => [
    ...run
      .get(point)
      .data.subarray((row * length + ids.length - 1) * units)
      .subarray(0, units),
  ]);
  for (const called of [`${point}[position=-1]`, `${alias}[position=-1]`])
    expect([...run.get(called).data]).toEqual(ends);
  expect([...run.get(`${point}@before`).data]).toEqual([
    ...bare.data.subarray(0, units),
    ...bare.data.subarray(length * units, (length + 1) * units),
  ]);
  // Whoever captures a part finds it under the point's name, also when the whole is captured for good.
  session.hooks.clear();
  session.hooks.add(capture(point));
  const own = await session.forward(rows, { hooks: [capture(`${point}[position=-1]`)] });
  expect(own.get(point).shape).toEqual([2, 1, units]);
  expect(own.get(`${point}[batch=:]`).data).toEqual(bare.data);
  // A run is repeated under the same names.
  expect((await session.verify(own)).verdict).toBe("supported");
  await session.close();
});

test("a lasting hook is told of by its name: when it is added, where it fits no run, and by the runs it does not fit", async () => {
  const session = await Session.open(opt, quiet);
  expect(() => session.hooks.add(edit("norm", add([1, 2, 3])))).toThrow(
    "tensor of shape [3] at norm [batch, position, unit 40], between layers.2.residual.out and logits: the selected part is [batch, position, 40]",
  );
  expect(session.hooks.list()).toEqual([]);
  session.hooks.add(edit("norm[position=3]", scale(2)), { name: "fourth" });
  await session.forward([rows[0]!]);
  const told =
    'lasting hook "fourth": selector "norm[position=3]": position 3 is outside the 2 there are at norm [batch, position, unit 40], between layers.2.residual.out and logits';
  await expect(session.forward([rows[1]!])).rejects.toThrow(told);
  await expect(session.generate([rows[1]!])).rejects.toThrow(`step 0: ${told}`);
  const all = { loss: ({ logits }: ReadoutValues) => logits.sum([0, 1, 2]), at: "embedding" };
  await expect(session.backward([rows[1]!], all)).rejects.toThrow(told);
  session.hooks.remove("fourth");
  session.hooks.add(editGradient("norm[position=3]", zero()), { name: "gradient" });
  await expect(session.backward([rows[1]!], all)).rejects.toThrow(
    'lasting hook "gradient": selector "norm[position=3]": position 3 is',
  );
  session.hooks.clear();
  session.hooks.add(capture("norm"), { name: "look" });
  await expect(session.forward(rows, { stopAfter: "layers.0" })).rejects.toThrow(
    'lasting hook "look": norm [batch, position, unit 40], between layers.2.residual.out and logits, does not fire: the run stops after layers.0',
  );
  session.hooks.clear();
  const fails = () => {
    throw new Error("not today");
  };
  session.hooks.add(edit("norm", fails), { name: "moody" });
  await expect(session.forward(rows)).rejects.toThrow('lasting hook "moody": edit "norm": not today');
  await session.close();
});

test("maps of attention are shown of the heads that were captured, by their numbers", async () => {
  for (const options of [{}, { mesh: { tensor: 2 } }]) {
    const session = await Session.open(opt, { ...quiet, ...options });
    const run = await session.forward(rows, { hooks: [capture("layers.*.attention.pattern[head=-3|3]")] });
    expect(run.get(pattern).heads).toEqual([1, 3]);
    const whole = await session.forward(rows, { hooks: [capture("layers.*.attention.pattern")] });
    expect(whole.get(pattern).heads).toBeUndefined();
    const { payload } = attention(run);
    expect([payload.heads, payload.headNumbers]).toEqual([2, [1, 3]]);
    for (const { layer, head, block } of payload.full)
      expect(attention(whole).payload.full).toContainEqual({ layer, head, block });
    await session.close();
  }
});

test("maps of attention are shown of the whole, beside which a part was captured", async () => {
  const session = await Session.open(opt, quiet);
  session.hooks.add(capture("layers.*.attention.pattern[query=-1]"));
  const run = await session.forward(rows, { hooks: [capture("layers.*.attention.pattern")] });
  expect(() => attention(run)).not.toThrow();
  expect(() => attention({ ...run, captures: new Map([...run.captures].slice(0, 1)) })).toThrow(
    "maps need all queries and keys",
  );
  await session.close();
});

test("a module path that is several points is not answered with one of them", async () => {
  const session = await Session.open(gpt2, quiet);
  const path = "transformer.h.0.attn.c_attn";
  const run = await session.forward(rows, { hooks: [capture(path)] });
  const names = ["q", "k", "v"].map((each) => `layers.0.attention.${each}`);
  expect([...run.captures.keys()]).toEqual(names);
  const around = ["in", "q", "k", "v", "scores"].map((each) => `layers.0.attention.${each}`);
  const told = names.map(
    (name, i) => `${name} [batch 2, head 4, position 5, unit 8], between ${around[i]} and ${around[i + 2]}`,
  );
  expect(() => run.get(path)).toThrow(`"${path}" is several points: choose ${told.join(", or ")}`);
  const one = await session.forward(rows, { hooks: [capture(names[1]!)] });
  expect(one.get(path)).toBe(one.get(names[1]!));
});
