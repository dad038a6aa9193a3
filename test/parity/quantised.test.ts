import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Session } from "../../kernel/src/index.js";
import { distance, otherBest, tolerance, unpadded } from "./closeness.js";
import { crossEntropy, differentiated, keyed, relative } from "./differentiating.js";
import { readGolden, readTensors } from "./goldens.js";
import { meshes, meshesOf } from "./meshes.js";
import { returnedLogits, runtime, vitrail, withOwnSession, withSession } from "./sessions.js";

const { capture, edit, scale, traced, trainable } = vitrail;
const int8 = { quantise: "int8" } as const;
const eightBit = (name: string) => join(readGolden(name).folder, "..", "..", "bitsandbytes", name);
const mix = edit(
  "layers.1.mlp.hidden",
  traced((x) => x.softmax().mul(x).mul(4)),
);

describe.each(["galactica", "llama-grouped", "gpt2", "gpt-neox"])("%s with int8 weights", (name) => {
  const golden = readGolden(name);
  const wanted = readTensors("quantised", name);
  const { folder, rows, given } = differentiated(name);
  const points = keyed(wanted, "rows.0.");

  async function expectPoints(session: Session): Promise<void> {
    const run = await session.forward(rows, { hooks: points.map((point) => capture(point)) });
    rows.forEach((row, r) => {
      for (const point of points) {
        const expected = wanted.get(`rows.${r}.${point}`);
        const got = unpadded(run.get(point), run.get(point).axes, r, row.length);
        expect(distance(got, expected), `${point} row ${r}`).toBeLessThan(tolerance(expected));
        // As published the model is another, by far.
        const published = golden.rows[r]!.points.get(point)!;
        expect(distance(published, expected), `${point} as published`).toBeGreaterThan(
          10 * tolerance(expected),
        );
      }
      expect(
        otherBest(
          unpadded(run.get("logits"), run.get("logits").axes, r, row.length),
          wanted.get(`rows.${r}.logits`),
        ),
      ).toEqual([]);
    });
    const edited = returnedLogits(await session.forward(rows, { hooks: [mix] }));
    rows.forEach((row, r) => {
      const expected = wanted.get(`edited.rows.${r}.logits`);
      expect(distance(expected, wanted.get(`rows.${r}.logits`))).toBeGreaterThan(1e-2);
      expect(distance(unpadded(edited, edited.point.axes, r, row.length), expected)).toBeLessThan(
        tolerance(expected),
      );
    });
  }

  async function expectGradients(session: Session): Promise<void> {
    const at = keyed(wanted, "gradient.rows.0.");
    const parameters = keyed(wanted, "parameter.");
    const run = await session.backward(rows, { given, loss: crossEntropy, at, parameters });
    const loss = wanted.get("loss").data[0]!;
    expect(Math.abs(run.loss - loss) / loss).toBeLessThan(1e-5);
    for (const point of at) {
      const gradient = run.gradient(point);
      rows.forEach((row, r) => {
        const expected = wanted.get(`gradient.rows.${r}.${point}`);
        expect(
          relative(unpadded(gradient, gradient.axes, r, row.length), expected),
          `${point} row ${r}`,
        ).toBeLessThan(1e-5);
      });
    }
    for (const path of parameters)
      expect(relative(run.parameters.get(path)!, wanted.get(`parameter.${path}`)), path).toBeLessThan(1e-5);
  }

  async function expectTraining(session: Session): Promise<void> {
    const shift = trainable("shift", { b: wanted.get("b") }, (x, { b }) => x.add(b));
    const hooks = [edit("layers.0.residual.out", shift)];
    const run = await session.backward(rows, { given, loss: crossEntropy, hooks });
    const loss = wanted.get("trained.loss").data[0]!;
    expect(Math.abs(loss - wanted.get("loss").data[0]!)).toBeGreaterThan(1e-2);
    expect(Math.abs(run.loss - loss) / loss).toBeLessThan(1e-5);
    expect(relative(run.trained["shift"]!["b"]!, wanted.get("trained.b"))).toBeLessThan(1e-5);
  }

  async function expectGeneration(session: Session): Promise<void> {
    const forced = [[...wanted.get("forced").data]];
    const { steps } = await session.generate([rows[0]!], { forced, hooks: [capture("logits")] });
    const expected = wanted.get("logits");
    const [count, tokens] = expected.shape as [number, number];
    const data = new Float32Array(count * tokens);
    steps.slice(0, count).forEach((step, index) => {
      data.set(step.get("logits").data.slice(-tokens), index * tokens);
    });
    expect(distance({ shape: expected.shape, data }, expected)).toBeLessThan(tolerance(expected));
    expect(
      distance(
        { shape: [tokens], data: data.slice(0, tokens) },
        { shape: [tokens], data: data.slice(-tokens) },
      ),
    ).toBeGreaterThan(1e-2);
  }

  it.each(meshesOf(name, meshes))("is the model with those weights in PyTorch (%s)", async (_, options) => {
    await withSession(folder, { ...options, ...int8 }, async (session) => {
      await expectPoints(session);
      await expectGradients(session);
      await expectTraining(session);
      await expectGeneration(session);
      for (const path of keyed(wanted, "weight.")) {
        const parameter = await session.parameter(path);
        expect(parameter.stored).toBe("i8");
        expect(distance(parameter, wanted.get(`weight.${path}`)), path).toBe(0);
      }
    });
  });
});

describe.each(["opt-350m", "galactica", "llama-grouped"])("%s as bitsandbytes saved it in 8 bits", (name) => {
  const wanted = readTensors("quantised", `saved-${name}`);
  const golden = readGolden(name);
  const folder = eightBit(name);
  const rows = golden.rows.slice(0, 2).map((row) => row.ids);

  it.each(meshesOf(name, meshes))("is the model of the weights that it holds (%s)", async (_, options) => {
    await withSession(folder, options, async (session) => {
      const logits = returnedLogits(await session.forward(rows));
      rows.forEach((row, r) => {
        const expected = wanted.get(`rows.${r}.logits`);
        const got = unpadded(logits, logits.point.axes, r, row.length);
        expect(distance(got, expected)).toBeLessThan(tolerance(expected));
        expect(distance(golden.rows[r]!.points.get("logits")!, expected)).toBeGreaterThan(1e-2);
      });
      for (const path of keyed(wanted, "weight.")) {
        const parameter = await session.parameter(path);
        expect([parameter.stored, distance(parameter, wanted.get(`weight.${path}`))], path).toEqual([
          "i8",
          0,
        ]);
      }
      expect([(await session.status()).quantise, session.capabilities().quantise]).toEqual(["int8", "int8"]);
      expect(session.plan).toContain("weights: int8, mapped");
    });
  });
});

describe("a checkpoint that bitsandbytes saved in 8 bits", () => {
  it("is found again with the option and without, and makes no file", async () => {
    await withSession(eightBit("galactica"), int8, async ({ name }) => {
      const again = await vitrail.Session.open(eightBit("galactica"), { name, quiet: true });
      expect(readdirSync(join(runtime, name))).not.toContain("int8");
      again.detach();
    });
  });

  it("is refused where its weights are turned round", async () => {
    const { Session: sessions } = vitrail;
    await expect(sessions.open(eightBit("gpt2"), { quiet: true })).rejects.toThrow(
      "gpt2 saved in int8 by bitsandbytes, which turns its weights round, is not read: " +
        'open the published model with quantise "int8"',
    );
  });
});

describe("a session with int8 weights", () => {
  const golden = readGolden("gpt2");
  const rows = golden.rows.map((row) => row.ids);
  const fused = "transformer.h.1.attn.c_attn.weight";
  const norm = "transformer.ln_f.weight";

  it("says so wherever it tells of itself, and its file goes with it", async () => {
    let file = "";
    await withOwnSession(golden.folder, int8, async (session) => {
      file = join(runtime, session.name, "int8");
      expect(existsSync(file)).toBe(true);
      expect(session.plan).toContain("weights: int8, mapped");
      const status = await session.status();
      const listed = (await vitrail.Session.list()).find(({ name }) => name === session.name);
      expect([status.quantise, listed?.quantise]).toEqual(["int8", "int8"]);
      const run = await session.forward(rows);
      expect(run.provenance.dtype).toBe("int8");
      expect(session.capabilities().quantise).toBe("int8");
      await withSession(golden.folder, {}, async (published) => {
        const own = await published.status();
        expect([own.quantise, published.capabilities().quantise]).toEqual([undefined, undefined]);
        // Every linear weight of a layer is a quarter; scales, embeddings and norms are as they were.
        const linear = session.parameters().filter(({ stored }) => stored === "i8");
        const saved = linear.reduce((sum, { shape: [n, k] }) => sum + 3 * n! * k! - 4 * k!, 0);
        expect(linear).toHaveLength(4 * golden.layers);
        expect(own.weightBytes - status.weightBytes).toBe(saved);
      });
    });
    expect(existsSync(file)).toBe(false);
  });

  it("reports what quantising costs when a run is verified", async () => {
    const mesh = { devices: 2, mesh: { tensor: 2 } };
    await withSession(golden.folder, { ...mesh, ...int8 }, async (session) => {
      const found = await session.verify(await session.forward(rows));
      const published = golden.rows.map((row) => row.points.get("logits")!);
      const run = returnedLogits(await session.forward(rows));
      const away = rows.map((row, r) =>
        distance(unpadded(run, run.point.axes, r, row.length), published[r]!),
      );
      expect(Math.max(...away)).toBeGreaterThan(2e-2);
      expect(found.verdict).not.toBe("supported");
      expect(Math.abs(found.deviations[0]!.largest - Math.max(...away))).toBeLessThan(1e-4);
    });
  });

  it("lets a quantised parameter be edited, which is then read in float32 as given", async () => {
    await withSession(golden.folder, int8, async (session) => {
      const before = await session.forward(rows);
      const own = await session.parameter(fused);
      await session.editParameter(fused, own);
      const same = await session.forward(rows);
      expect(distance(same.logits!, before.logits!)).toBeLessThan(1e-5);
      await session.editParameter(fused, ({ data }) => data.map((x) => 2 * x));
      const edited = await session.forward(rows);
      expect(distance(edited.logits!, before.logits!)).toBeGreaterThan(1e-2);
      expect((await session.parameter(fused)).data).toEqual(own.data.map((x) => 2 * x));
      session.restoreParameters();
      expect((await session.forward(rows)).logits!.data).toEqual(before.logits!.data);
    });
  });

  it("lets functions of the notebook edit what its layers compute", async () => {
    await withSession(golden.folder, { ...int8, mesh: { tensor: 2 } }, async (session) => {
      const compiled = await session.forward(rows, { hooks: [edit("layers.1.mlp.hidden", scale(2))] });
      const host = edit("layers.1.mlp.hidden", ({ data }) => data.map((x) => 2 * x));
      const made = await session.forward(rows, { hooks: [host] });
      expect(distance(made.logits!, compiled.logits!)).toBeLessThan(1e-5);
      expect(distance(made.logits!, (await session.forward(rows)).logits!)).toBeGreaterThan(1e-2);
    });
  });

  it("refuses what has no meaning, before anything runs", async () => {
    const { Session: sessions } = vitrail;
    const open = (options: object) =>
      sessions.open(golden.folder, { quiet: true, threads: 1, name: "refused", ...options });
    await expect(open({ quantise: "int4" })).rejects.toThrow('quantise "int4": choose int8, or leave it out');
    await expect(open({ ...int8, weights: "pack" })).rejects.toThrow(
      'weights "pack" with quantise "int8": packed they would be float32; choose map',
    );
    await expect(open({ ...int8, devices: ["cpu", "cuda:0"] })).rejects.toThrow(
      'quantise "int8" on cuda:0: quantised weights are held on cpu only',
    );
    expect(existsSync(join(runtime, "refused"))).toBe(false);
    await withSession(golden.folder, int8, async (session) => {
      const { name } = session;
      await expect(open({ name })).rejects.toThrow(
        `session "${name}" is open with quantise int8, not none: close it, or open under another name`,
      );
      const again = await open({ name, ...int8 });
      expect((await again.parameter(fused)).data).toEqual((await session.parameter(fused)).data);
      again.detach();
      const loss = ({ logits }: Parameters<typeof crossEntropy>[0]) => logits.sum([0, 1, 2]);
      await expect(session.backward(rows, { loss, parameters: [norm, fused] })).rejects.toThrow(
        `gradient of "${fused}", which is quantised: gradients go through it to activations and modules, and to parameters that are not`,
      );
    });
    await withSession(golden.folder, {}, async ({ name }) => {
      await expect(open({ name, ...int8 })).rejects.toThrow(
        `session "${name}" is open with quantise none, not int8`,
      );
    });
  });
});
