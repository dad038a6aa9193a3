import { createHash } from "node:crypto";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isAlive } from "../engine/launch/leftovers.js";
import { capture, edit, traced } from "../hooks/index.js";
import { Session } from "./session.js";
import { opt, ownRuntime, quiet, rows, runtime, shared } from "./sessions.fixture.js";

ownRuntime();
const pattern = capture("layers.*.attention.pattern");

test("captures come back whole and the same over any mesh", async () => {
  const found = [];
  for (const options of [{}, { devices: 2 }, { mesh: { tensor: 2 } }, { mesh: { pipeline: 2, tensor: 2 } }]) {
    const session = await Session.open(opt, { ...quiet, ...options });
    const run = await session.forward(rows, {
      hooks: [pattern, capture("layers.0.mlp.hidden[unit=1|40]")],
    });
    found.push({
      patterns: run.get("layers.1.attention.pattern"),
      units: run.get("layers.0.mlp.hidden"),
      logits: run.logits,
      mesh: run.provenance.mesh,
    });
    const { pid } = await session.status();
    await session.close();
    expect(isAlive(pid)).toBe(false);
    expect(shared(pid)).toEqual([]);
  }
  const [one, ...others] = found;
  expect(one?.patterns.shape.slice(0, 1)).toEqual([2]);
  expect(one?.units.shape).toEqual([2, 5, 2]);
  for (const other of others) {
    for (const key of ["patterns", "units", "logits"] as const) {
      const [a, b] = [one?.[key], other[key]];
      expect(b?.shape).toEqual(a?.shape);
      const difference = Math.max(
        ...(a?.data ?? []).map((value, i) => Math.abs(value - (b?.data[i] as number))),
      );
      expect(difference).toBeLessThan(1e-5);
    }
    expect(other.mesh).not.toBe(one?.mesh);
  }
  expect(Math.max(...(one?.units.data ?? []))).toBeGreaterThan(0.01);
});

test("logits of the last position only, or none, are those of all", async () => {
  const session = await Session.open(opt, quiet);
  const all = (await session.forward(rows)).logits;
  const vocabulary = all?.shape[2] as number;
  const last = (await session.forward(rows, { logits: "last" })).logits;
  expect(last?.shape).toEqual([2, 1, vocabulary]);
  const at = (row: number, position: number) => (row * 5 + position) * vocabulary;
  const expected = [at(0, 4), at(1, 1)].flatMap((from) => [
    ...(all?.data.subarray(from, from + vocabulary) ?? []),
  ]);
  expect(Math.max(...expected.map((value, i) => Math.abs(value - (last?.data[i] as number))))).toBeLessThan(
    1e-5,
  );
  // With a hook on the logits, both come from one computation.
  const both = await session.forward(rows, { logits: "last", hooks: [capture("logits")] });
  expect(both.logits?.shape).toEqual([2, 1, vocabulary]);
  expect(both.get("logits").shape).toEqual([2, 5, vocabulary]);
  expect([...(both.logits?.data ?? [])]).toEqual(
    [at(0, 4), at(1, 1)].flatMap((from) => [...both.get("logits").data.subarray(from, from + vocabulary)]),
  );
  const none = await session.forward(rows, { logits: "none", hooks: [capture("embedding")] });
  expect(none.logits).toBeUndefined();
  expect([...none.captures.keys()]).toEqual(["embedding"]);
  await session.close();
});

test("half-precision weights give the same numbers packed and mapped", async () => {
  for (const checkpoint of ["galactica", "galactica-unbiased"]) {
    const logits: Float32Array[] = [];
    for (const weights of ["pack", "map"] as const) {
      const session = await Session.open(join(opt, "..", checkpoint), { ...quiet, weights });
      const run = await session.forward(rows);
      expect(run.provenance.dtype).toBe(checkpoint === "galactica" ? "f16" : "bf16");
      logits.push(run.logits?.data as Float32Array);
      await session.close();
    }
    const [packed, mapped] = logits as [Float32Array, Float32Array];
    expect(Math.max(...packed)).toBeGreaterThan(0.1);
    expect(Math.max(...packed.map((value, i) => Math.abs(value - (mapped[i] as number))))).toBeLessThan(1e-5);
  }
});

test("text is read with its leading special token", async () => {
  // The golden checkpoint with a tokenizer that puts `</s>` before every text, as OPT's does.
  const folder = join(runtime.path, "..", "opt-with-start");
  cpSync(opt, folder, { recursive: true });
  const file = join(folder, "tokenizer.json");
  const definition = JSON.parse(readFileSync(file, "utf8"));
  const { id } = definition.added_tokens.find(({ content }: { content: string }) => content === "</s>");
  definition.post_processor = {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "</s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
    pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 0 } }],
    special_tokens: { "</s>": { id: "</s>", ids: [id], tokens: ["</s>"] } },
  };
  writeFileSync(file, JSON.stringify(definition));
  const session = await Session.open(folder, quiet);
  const run = await session.forward("he said");
  expect(run.tokens[0]?.[0]).toMatchObject({ text: "</s>", start: undefined });
  expect(run.tokens[0]?.at(-1)).toMatchObject({ end: "he said".length });
  const ids = run.tokens[0]?.map(({ id }) => id) ?? [];
  expect((await session.forward(ids)).logits).toEqual(run.logits);
  await session.close();
});

test("a tokenizer that could not be opened is opened anew: the error is that of each call, and what was mended counts", async () => {
  const folder = join(runtime.path, "..", "opt-mended");
  cpSync(opt, folder, { recursive: true });
  const file = join(folder, "tokenizer.json");
  const definition = readFileSync(file);
  rmSync(file);
  const session = await Session.open(folder, quiet);
  // Ids are run without a tokenizer, whose absence nobody is told.
  expect((await session.forward(rows)).tokens[0]?.[0]?.text).toBe(`${rows[0]![0]}`);
  const thrown = async () => session.forward("he said").catch((error: unknown) => error as Error);
  const [first, second] = [await thrown(), await thrown()] as [Error, Error];
  expect(first).toBeInstanceOf(Error);
  expect(second.message).toBe(first.message);
  expect(second).not.toBe(first);
  writeFileSync(file, definition);
  expect((await session.forward("he said")).tokens[0]?.at(-1)).toMatchObject({ end: "he said".length });
  await session.close();
});

test("what does not fit is refused in one line, and the session lives on", async () => {
  const session = await Session.open(opt, quiet);
  const limit = session.hookPoints("logits")[0]?.shape.match(/(\d+)\]$/)?.[1];
  await expect(session.forward([])).rejects.toThrow("empty input: give a text, texts, token ids");
  await expect(session.forward([[1], []])).rejects.toThrow(
    "empty input (row 1): a row needs at least one token",
  );
  await expect(session.forward([1e6])).rejects.toThrow(
    `token id 1000000 is outside the vocabulary: ids are 0 to ${Number(limit) - 1}`,
  );
  await expect(session.forward(new Array<number>(5000).fill(3))).rejects.toThrow(
    /^input of 5000 tokens: the model reads at most \d+$/,
  );
  await expect(session.forward([1, 2], { hooks: [capture("layers.0.attention.patern")] })).rejects.toThrow(
    /^no hook point "layers.0.attention.patern": nearest is layers.0.attention.pattern \[batch, head \d+, query, key\], between layers.0.attention.scores and layers.0.attention.z$/,
  );
  await expect(session.forward([1, 2], { hooks: [capture("embedding[position=7]")] })).rejects.toThrow(
    'selector "embedding[position=7]": position 7 is outside the 2 there are at embedding [batch, position, unit 40], between embedding.positions and layers.0.residual.in',
  );
  await expect(
    session.forward([1, 2], { hooks: [capture("*.attention.pattern[head=-1|0]")] }),
  ).rejects.toThrow(
    /indices -1\|0 are not ascending among \d+ at layers\.0\.attention\.pattern \[batch, head \d+, query, key\], between layers/,
  );
  const broken = edit(
    "norm",
    traced((x) => x.layerNorm(undefined, undefined, NaN)),
  );
  await expect(session.forward([1, 2], { hooks: [broken] })).rejects.toThrow(
    "traced function at norm [batch, position, unit 40], between layers.2.residual.out and logits: epsilon of LayerNormalization is NaN: it must be finite",
  );
  await expect(session.forward([1, 2], { logits: "some" as never })).rejects.toThrow(
    'logits "some": choose all',
  );
  const run = await session.forward([1, 2], { hooks: [pattern] });
  expect(() => run.get("layers.9.attention.pattern")).toThrow(
    /^no capture "layers.9.attention.pattern": nearest is/,
  );
  await session.close();
});

test("a run knows the tokens that it read, also where its call shows their beginning only", async () => {
  const session = await Session.open(opt, quiet);
  const ids = [[2, 5, 7], [9]];
  const run = await session.forward(ids);
  const other = await session.forward([[2, 5, 8], [9]]);
  expect(other.provenance.call).toBe(run.provenance.call);
  expect(run.provenance.tokens).toBe(createHash("sha256").update("[[2,5,7],[9]]").digest("hex"));
  expect(other.provenance.tokens).not.toBe(run.provenance.tokens);
  expect((await session.generate(ids, { maxTokens: 1 })).provenance.tokens).toBe(run.provenance.tokens);
  await session.close();
});

test("the estimate is what comes back", async () => {
  const session = await Session.open(opt, { ...quiet, mesh: { tensor: 2 } });
  const hooks = [capture("layers.*.attention.pattern[head=0, query=-1]"), capture("*.mlp.hidden")];
  const estimate = await session.estimate(rows, { hooks, logits: "last" });
  const run = await session.forward(rows, { hooks, logits: "last" });
  const shapes = new Map([...run.captures].map(([name, { shape }]) => [name, shape]));
  expect(
    new Map(estimate.points.filter(({ name }) => name !== "logits").map(({ name, shape }) => [name, shape])),
  ).toEqual(shapes);
  expect(estimate.points.at(-1)?.shape).toEqual(run.logits?.shape);
  const bytes = [...run.captures.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  expect(estimate.bytes).toBe(bytes + (run.logits?.data.byteLength ?? 0));
  await session.close();
});
