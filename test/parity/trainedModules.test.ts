import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FitOptions, Modules, Pass } from "../../kernel/src/index.js";
import { distance } from "./closeness.js";
import { readGolden, readTensors } from "./goldens.js";
import { meshes } from "./meshes.js";
import { vitrail, withSession } from "./sessions.js";

const { affineMap, capture, edit, fit, fitTunedLens, linearProbe, loadModules } = vitrail;
const { logitLens, saveModules, smallMlp, trainable } = vitrail;

const point = "layers.0.residual.out";

type Loss = Pass["loss"];
type Values = Parameters<Loss>[0];

/** Mean cross-entropy of the labels, for what a module says of each class [batch, position, class]. */
const crossEntropy = (classes: Values["logits"], { given }: Values): Values["logits"] =>
  classes
    .logSoftmax()
    .pick(given["labels"]!.unsqueeze(2))
    .mul(given["shares"]!.unsqueeze(2))
    .sum([0, 1, 2])
    .neg();

/** The probe's, read off `x` [batch, position, unit]. */
const probeLoss =
  (x: (values: Values) => Values["logits"]): Loss =>
  (values) => {
    const { weight, bias } = values.trained["probe"]!;
    return crossEntropy(x(values).linear(weight!, bias!), values);
  };

/** A small MLP's, read off the same point. */
const mlpLoss: Loss = (values) => {
  const { up, upBias, down, downBias } = values.trained["mlp"]!;
  const inner = values.captures[point]!.linear(up!, upBias!).gelu();
  return crossEntropy(inner.linear(down!, downBias!), values);
};

// The cases mean the same as those of test/oracle/trained_modules.py.
function cases(name: string) {
  const wanted = readTensors("trained-modules", name);
  const count = wanted.names.filter((key) => key.startsWith("ids.")).length;
  const rows = Array.from({ length: count }, (_, r) => [...wanted.get(`ids.${r}`).data]);
  const positions = Math.max(...rows.map((row) => row.length));
  const total = rows.reduce((sum, row) => sum + row.length, 0);
  const labels = new Array<number>(count * positions).fill(0);
  const shares = new Float32Array(count * positions);
  rows.forEach((row, r) =>
    row.forEach((_, p) => {
      labels[r * positions + p] = wanted.get(`probe.labels.${r}`).data[p]!;
      shares[r * positions + p] = 1 / total;
    }),
  );
  const shape = [count, positions];
  const given = { labels: { shape, data: labels }, shares: { shape, data: shares } };
  const probe: FitOptions = {
    modules: { probe: { weight: wanted.get("probe.weight"), bias: wanted.get("probe.bias") } },
    steps: 20,
    optimiser: { kind: "adam", learningRate: 0.02 },
    quiet: true,
    step: ({ probe }) => ({
      input: rows,
      given,
      read: [point],
      trained: { probe: probe! },
      loss: probeLoss(({ captures }) => captures[point]!),
    }),
  };
  return { wanted, rows, given, probe };
}

describe.each(["galactica", "llama-grouped", "gpt2"])("modules trained on %s", (name) => {
  const { wanted, rows, given, probe } = cases(name);
  const { folder } = readGolden(name);
  const mlpNames = ["up", "upBias", "down", "downBias"] as const;
  const expectLosses = (what: string, losses: readonly number[], expected: Float32Array) => {
    expect(losses).toHaveLength(expected.length);
    losses.forEach((loss, step) =>
      expect(Math.abs(loss - expected[step]!), `${what}, step ${step}`).toBeLessThan(1e-4),
    );
  };

  it.each(Object.entries(meshes))(
    "a linear probe on frozen captures is PyTorch's after ten steps of Adam (%s)",
    async (_, mesh) => {
      await withSession(folder, mesh, async (session) => {
        const begun = linearProbe(session.dimensions.hidden, 3, 43);
        // PyTorch began with what the library had saved of it.
        expect(begun.weight).toEqual(wanted.get("probe.weight"));
        expect(begun.bias).toEqual(wanted.get("probe.bias"));
        const run = await session.forward(rows, { hooks: [capture(point)], logits: "none" });
        const fitted = await fit(session, {
          ...probe,
          modules: { probe: begun },
          steps: 10,
          step: (modules, step, random) => ({
            ...(probe.step(modules, step, random) as Pass),
            read: [],
            given: { ...given, x: run.get(point) },
            loss: probeLoss(({ given }) => given["x"]!),
          }),
        });
        expectLosses("probe", fitted.losses, wanted.get("probe.losses").data.slice(0, 10));
        const after = fitted.modules["probe"]!;
        for (const tensor of ["weight", "bias"] as const) {
          const expected = wanted.get(`probe.after.${tensor}`);
          expect(distance(expected, begun[tensor]), tensor).toBeGreaterThan(1e-2);
          expect(distance(after[tensor]!, expected), tensor).toBeLessThan(1e-5);
        }
      });
    },
  );

  it.each(["one process", "data 2", "pipeline 2 × tensor 2"] as const)(
    "a small MLP is PyTorch's after ten steps of Adam (%s)",
    async (mesh) => {
      await withSession(folder, meshes[mesh], async (session) => {
        const begun = smallMlp(session.dimensions.hidden, 8, 3, 44);
        for (const each of mlpNames) expect(begun[each], each).toEqual(wanted.get(`mlp.${each}`));
        const fitted = await fit(session, {
          ...probe,
          modules: { mlp: begun },
          steps: 10,
          step: ({ mlp }) => ({
            input: rows,
            given,
            read: [point],
            trained: { mlp: mlp! },
            loss: mlpLoss,
          }),
        });
        expectLosses("mlp", fitted.losses, wanted.get("mlp.losses").data);
        for (const each of mlpNames) {
          const expected = wanted.get(`mlp.after.${each}`);
          expect(distance(expected, begun[each]), each).toBeGreaterThan(1e-2);
          expect(distance(fitted.modules["mlp"]![each]!, expected), each).toBeLessThan(1e-4);
        }
      });
    },
  );

  it.each(Object.entries(meshes))("learn as PyTorch's do (%s)", async (_, mesh) => {
    await withSession(folder, mesh, async (session) => {
      const fitted = await fit(session, probe);
      expectLosses("probe", fitted.losses, wanted.get("probe.losses").data);
      const options = { rows, batch: 2, steps: 10, inOrder: true, quiet: true };
      const lens = await fitTunedLens(session, options);
      expectLosses("lens", lens.losses, wanted.get("lens.losses").data);
      // Layers one after the other give the same as all at once.
      const chunked = await fitTunedLens(session, { ...options, layersAtOnce: 1 });
      expectLosses("lens in chunks", chunked.losses, wanted.get("lens.losses").data);
    });
  });

  it.each(["one process", "data 2", "pipeline 2 × tensor 2"] as const)(
    "a tuned lens keeps what did best on a held-out row, as PyTorch's loop does (%s)",
    async (mesh) => {
      await withSession(folder, meshes[mesh], async (session) => {
        const held = 1;
        const lens = await fitTunedLens(session, {
          rows: rows.filter((_, row) => row !== held),
          validation: [rows[held]!],
          validateEvery: 4,
          batch: 2,
          steps: 30,
          inOrder: true,
          quiet: true,
        });
        const expected = wanted.get("held.validation").data;
        expectLosses("learnt rows", lens.losses, wanted.get("held.losses").data);
        expectLosses(
          "held-out row",
          lens.validation.map(({ loss }) => loss),
          expected,
        );
        expect(lens.validation.map(({ step }) => step)).toEqual([0, 4, 8, 12, 16, 20, 24, 28, 30]);
        const best = expected.indexOf(Math.min(...expected));
        expect(lens.best).toBe(lens.validation[best]!.step);
        expect([0, 30]).not.toContain(lens.best);
        for (let layer = 0; layer < session.dimensions.layers - 1; layer++)
          for (const tensor of ["A", "b"] as const) {
            const name = `layers.${layer}.residual.out`;
            const kept = wanted.get(`held.best.${layer}.${tensor}`);
            expect(distance(lens.last.modules[name]![tensor], kept), `${name} moves on`).toBeGreaterThan(
              1e-3,
            );
            expect(distance(lens.translators[name]![tensor], kept), name).toBeLessThan(1e-4);
          }
      });
    },
  );
});

describe("trained modules", () => {
  const { rows, given, probe } = cases("gpt2");
  const { folder } = readGolden("gpt2");

  it("are kept as safetensors, and a tuned lens comes nearer to the model than the logit lens", async () => {
    await withSession(folder, {}, async (session) => {
      const { translators, losses } = await fitTunedLens(session, {
        rows,
        batch: 3,
        inOrder: true,
        steps: 60,
        quiet: true,
      });
      expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!);
      const out = mkdtempSync(join(tmpdir(), "modules-"));
      try {
        saveModules(join(out, "lens.safetensors"), translators);
        const read = await loadModules(join(out, "lens.safetensors"));
        expect(read).toEqual(translators);
        const mean = (lens: Awaited<ReturnType<typeof logitLens>>) => {
          const all = lens.rows.flatMap(({ divergence }) => divergence.slice(0, -1).flat());
          return all.reduce((sum, nats) => sum + nats, 0) / all.length;
        };
        const plain = mean(await logitLens(session, rows));
        const tuned = mean(await logitLens(session, rows, { translators: read as typeof translators }));
        expect(plain).toBeCloseTo(losses[0]!, 3);
        expect(tuned).toBeLessThan(0.7 * plain);
      } finally {
        rmSync(out, { recursive: true });
      }
    });
  });

  it("as a tuned lens split rows off by the seed, say so, and go on where they stood", async () => {
    await withSession(folder, {}, async (session) => {
      const options = {
        rows,
        validation: 1,
        validateEvery: 2,
        batch: 2,
        seed: 5,
        totalSteps: 6,
        quiet: true,
      };
      const whole = await fitTunedLens(session, { ...options, steps: 6 });
      const [held] = whole.heldOut;
      expect(whole.heldOut).toHaveLength(1);
      expect(whole.validation.map(({ step }) => step)).toEqual([0, 2, 4, 6]);
      expect(whole.provenance.call).toBe(
        "fitTunedLens(3 rows, validation: 1 of them, split off by the seed, 6 steps)",
      );
      expect(whole.provenance.seed).toBe(5);
      // The first look is at the logit lens of the row that was split off, and of no other.
      const nats = await logitLens(session, rows);
      const means = nats.rows.map(({ divergence }) => {
        const all = divergence.slice(0, -1).flat();
        return all.reduce((sum, x) => sum + x, 0) / all.length;
      });
      const apart = means.map((mean) => Math.abs(mean - whole.validation[0]!.loss));
      expect(apart.map((distance) => distance < 1e-4)).toEqual(rows.map((_, row) => row === held));

      const half = await fitTunedLens(session, { ...options, steps: 3 });
      const rest = await fitTunedLens(session, { ...options, steps: 3, from: half.last });
      expect(half.losses).toEqual(whole.losses.slice(0, 3));
      expect(half.validation.map(({ step }) => step)).toEqual([0, 2, 3]);
      for (const what of ["losses", "validation", "best", "translators", "last"] as const)
        expect(rest[what], what).toEqual(whole[what]);
      await expect(fitTunedLens(session, { rows, validateEvery: 2 })).rejects.toThrow(
        "validateEvery 2 without validation: give held-out rows, or how many",
      );
      await expect(fitTunedLens(session, { ...options, steps: 6, validateEvery: 0 })).rejects.toThrow(
        "validation every 0 steps: must be 1 or more",
      );
      await expect(fitTunedLens(session, { ...options, steps: 6, validation: 3 })).rejects.toThrow(
        "validation 3 of 3 rows: must be 1 or more and leave 1 or more to learn from",
      );
    });
  });

  it("act at hook points, learn, go on where they stood and stop when they are told", async () => {
    await withSession(folder, {}, async (session) => {
      const { hidden } = session.dimensions;
      const loss: ReturnType<FitOptions["step"]> = {
        input: rows,
        given,
        loss: ({ logits, given }) =>
          logits
            .logSoftmax()
            .pick(given["labels"]!.unsqueeze(2))
            .mul(given["shares"]!.unsqueeze(2))
            .sum([0, 1, 2])
            .neg(),
      };
      const asked = (modules: Modules) => ({
        ...loss,
        hooks: [
          edit(
            "layers.1.residual.out",
            trainable("mlp", modules["mlp"]!, (x, p) =>
              x.add(x.linear(p["up"]!, p["upBias"]!).gelu().linear(p["down"]!, p["downBias"]!)),
            ),
          ),
        ],
      });
      const options: FitOptions = {
        modules: { mlp: smallMlp(hidden, 8, hidden, 1) },
        steps: 30,
        optimiser: { kind: "adamW", learningRate: 0.01 },
        quiet: true,
        step: asked,
      };
      const whole = await fit(session, options);
      expect(whole.losses.at(-1)!).toBeLessThan(0.5 * whole.losses[0]!);
      // Drawn rows and a schedule go on where they stood, too.
      const drawn: FitOptions = {
        ...options,
        schedule: { kind: "linear" },
        steps: 6,
        step: (modules, _, random) => {
          const kept = Math.floor(random() * rows.length);
          const shares = given.shares.data.map((x, i) =>
            Math.floor(i / given.shares.shape[1]!) === kept ? x : 0,
          );
          return { ...asked(modules), given: { ...given, shares: { ...given.shares, data: shares } } };
        },
      };
      const unbroken = await fit(session, drawn);
      expect(new Set(unbroken.losses).size).toBe(6);
      const half = await fit(session, { ...drawn, steps: 3, totalSteps: 6 });
      const rest = await fit(session, { ...drawn, steps: 3, from: half.last });
      expect(rest.losses).toEqual(unbroken.losses);

      const stop = new AbortController();
      const halted = await fit(session, {
        ...options,
        signal: stop.signal,
        step: (modules, step) => {
          if (step === 3) stop.abort();
          return asked(modules);
        },
      });
      expect([halted.stopped, halted.losses.length]).toEqual(["interrupted", 3]);
      const second = new AbortController();
      const judged = await fit(session, {
        ...options,
        signal: second.signal,
        validation: { passes: asked, every: 2 },
        step: (modules, step) => {
          if (step === 4) second.abort();
          return asked(modules);
        },
      });
      // Four steps are made, and the look after the fourth has come back before the fifth is told to stop.
      expect([judged.stopped, judged.losses.length, judged.best]).toEqual(["interrupted", 4, 4]);
      expect(judged.validation.map(({ step }) => step)).toEqual([0, 2, 4]);
      // What is validated on is learnt from here, so each look finds the loss of the step after it.
      expect(judged.validation.slice(0, 2).map(({ loss }) => loss)).toEqual(
        [0, 2].map((step) => expect.closeTo(judged.losses[step]!, 5) as number),
      );
      await expect(fit(session, { ...options, modules: {} })).rejects.toThrow("no modules to train");
      await expect(
        fit(session, { ...probe, modules: { ...probe.modules, idle: affineMap(hidden) } }),
      ).rejects.toThrow('"idle.A" takes part in no pass of step 0');
    });
  });
});
