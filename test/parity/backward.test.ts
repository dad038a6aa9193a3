import { describe, expect, it } from "vitest";
import type { Backward, BackwardOptions, Edit, GradientEdit, Session } from "../../kernel/src/index.js";
import { distance, unpadded } from "./closeness.js";
import { crossEntropy, differentiated, keyed, relative, type Loss } from "./differentiating.js";
import { readGolden, readTensors } from "./goldens.js";
import { meshes, meshesWithReplicas } from "./meshes.js";
import { vitrail, withSession } from "./sessions.js";

const { add, edit, editGradient, projectOut, scale, skip, traced, trainable, zero } = vitrail;

type Hooks = readonly (Edit | GradientEdit | ReturnType<typeof skip>)[];
const early: Loss = (values) => {
  const residual = values.captures["layers.0.residual.out"]!;
  const pattern = values.captures["layers.0.attention.pattern"]!;
  const weights = values.given["weights"]!;
  const squares = residual.mul(residual).sum([2]).mul(weights).sum([0, 1]).mul(0.01);
  return crossEntropy(values)
    .add(squares)
    .add(pattern.mul(pattern).sum([1, 3]).mul(weights).sum([0, 1]));
};

interface Case {
  readonly loss: Loss;
  readonly read?: readonly string[];
  readonly hooks: Hooks;
}

/** The cases of test/oracle/backward.py. */
function cases(wanted: ReturnType<typeof readTensors>): Record<string, Case> {
  const affine = trainable("map", { A: wanted.get("A"), b: wanted.get("b") }, (x, p) =>
    x.add(x.linear(p.A, p.b)),
  );
  return {
    plain: { loss: crossEntropy, hooks: [] },
    early: { loss: early, read: ["layers.0.residual.out", "layers.0.attention.pattern"], hooks: [] },
    mixed: {
      loss: crossEntropy,
      hooks: [
        edit("layers.0.mlp.hidden", scale(2)),
        edit(
          "layers.1.mlp.hidden",
          traced((x) => x.softmax().mul(x).mul(4)),
        ),
      ],
    },
    edited: {
      loss: crossEntropy,
      hooks: [
        editGradient("layers.0.residual.out", scale(3)),
        editGradient("layers.1.attention.output", zero()),
        editGradient("layers.1.mlp.hidden", projectOut(wanted.get("direction").data)),
      ],
    },
    skipped: { loss: crossEntropy, hooks: [skip("layers.1")] },
    trained: {
      loss: crossEntropy,
      hooks: [edit("layers.0.residual.out", affine), edit("layers.1.attention.output", affine)],
    },
  };
}

describe.each(["galactica", "llama-grouped", "gpt2"])("gradients of %s", (name) => {
  const { folder, rows, given } = differentiated(name);
  const wanted = readTensors("backward", name);
  function differentiate(session: Session, label: string, more: Partial<BackwardOptions> = {}) {
    const { loss, hooks, read = [] } = cases(wanted)[label]!;
    const at = keyed(wanted, `${label}.rows.0.`);
    const parameters = keyed(wanted, `${label}.parameter.`);
    return session.backward(rows, { given, loss, hooks, read, at, parameters, ...more });
  }

  /** The loss and all gradients of a case are those of its golden, within a share of the largest number of each. */
  function expectAutograd(run: Backward, label: string, what: string) {
    const loss = wanted.get(`${label}.loss`).data[0]!;
    expect(Math.abs(run.loss - loss) / loss, `${what} loss`).toBeLessThan(1e-5);
    for (const point of keyed(wanted, `${label}.rows.0.`)) {
      const gradient = run.gradient(point);
      rows.forEach((row, r) => {
        // In PyTorch the input of a layer is the very tensor that the layer before put out, edited gradient and all.
        if (label === "edited" && point === "layers.1.residual.in") return;
        const expected = wanted.get(`${label}.rows.${r}.${point}`);
        const ours = unpadded(gradient, gradient.axes, r, row.length);
        expect(relative(ours, expected), `${what} ${point} row ${r}`).toBeLessThan(1e-5);
      });
    }
    for (const path of keyed(wanted, `${label}.parameter.`))
      expect(
        relative(run.parameters.get(path)!, wanted.get(`${label}.parameter.${path}`)),
        `${what} ${path}`,
      ).toBeLessThan(1e-5);
    for (const tensor of keyed(wanted, `${label}.trained.`))
      expect(
        relative(run.trained["map"]![tensor]!, wanted.get(`${label}.trained.${tensor}`)),
        `${what} ${tensor}`,
      ).toBeLessThan(1e-5);
  }

  it.each(Object.entries({ ...meshes, ...meshesWithReplicas }))(
    "are what autograd says (%s)",
    async (mesh, options) => {
      await withSession(folder, options, async (session) => {
        const losses: Record<string, number> = {};
        const labels = mesh in meshes ? Object.keys(cases(wanted)) : ["plain", "mixed", "trained"];
        // Computed again instead of kept: parameters, edited gradients and trained modules are read off that as well.
        const again = ["plain", "edited", "trained"];
        for (const label of labels)
          for (const activations of again.includes(label)
            ? (["save", "recompute"] as const)
            : (["save"] as const)) {
            const run = await differentiate(session, label, { activations });
            losses[label] = run.loss;
            expectAutograd(run, label, `${label} (${activations})`);
          }
        // The cases are not all the same case.
        for (const label of labels.filter((each) => each !== "plain" && each !== "edited"))
          expect(Math.abs(losses[label]! - losses["plain"]!), label).toBeGreaterThan(1e-2);
        const early = "rows.0.layers.0.residual.in";
        expect(relative(wanted.get(`edited.${early}`), wanted.get(`plain.${early}`))).toBeGreaterThan(1e-2);
      });
    },
  );

  it("are compared at every point that has one, but where one module reads what several read", async () => {
    await withSession(folder, {}, (session) => {
      const compared = keyed(wanted, "plain.rows.0.");
      const { points } = session.capabilities();
      const others = points.flatMap(({ name, differentiate }) =>
        differentiate && !compared.includes(name) ? [name.replace(/^layers\.\d+\./, "")] : [],
      );
      // What one module reads has cases of its own, in backwardEdits.test.ts; the logits have calculus, in flexModel.test.ts.
      const known = ["attention.norm.in", "mlp.norm.in", "logits"];
      const reads = /^(attention\.[qkv]|mlp\.(gate|up))\.in$/;
      expect(others.filter((name) => !known.includes(name) && !reads.test(name))).toEqual([]);
      expect(compared.length).toBeGreaterThan(30);
      return Promise.resolve();
    });
  });

  it("do not follow from what is kept, and are sliced where they are asked for so", async () => {
    await withSession(folder, { devices: 2, mesh: { pipeline: 2 } }, async (session) => {
      const saved = await differentiate(session, "mixed");
      const again = await differentiate(session, "mixed", { activations: "recompute" });
      for (const [point, gradient] of saved.gradients)
        expect(relative(again.gradient(point), gradient), point).toBeLessThan(1e-6);
      const at = "layers.0.attention.pattern[head=1, query=-1]";
      const part = await differentiate(session, "plain", { at: [at], parameters: [] });
      const whole = wanted.get("plain.rows.0.layers.0.attention.pattern");
      const [, queries, keys] = whole.shape as [number, number, number];
      const row = whole.data.subarray((2 * queries - 1) * keys, 2 * queries * keys);
      const sliced = part.gradient("layers.0.attention.pattern");
      expect(sliced.shape.slice(0, 3)).toEqual([2, 1, 1]);
      row.forEach((x, i) => expect(sliced.data[i]).toBeCloseTo(x, 5));
    });
  });

  it.each(["one process", "pipeline 2", "pipeline 2 × tensor 2"] as const)(
    "are there between a function of the notebook and the loss, and refused behind it (%s)",
    async (mesh) => {
      await withSession(folder, meshes[mesh], async (session) => {
        const last = `layers.${session.dimensions.layers - 1}.residual.out`;
        const at = [last, "norm"];
        const alone = { at, parameters: [] };
        const byHand = edit("layers.0.residual.out", ({ data }) => data.map((x) => 1.5 * x));
        const compiled = edit("layers.0.residual.out", scale(1.5));
        const [own, wanted, bare] = [
          await differentiate(session, "plain", { ...alone, hooks: [byHand] }),
          await differentiate(session, "plain", { ...alone, hooks: [compiled] }),
          await differentiate(session, "plain", alone),
        ];
        for (const point of at) {
          expect(distance(wanted.gradient(point), bare.gradient(point))).toBeGreaterThan(1e-4);
          expect(distance(own.gradient(point), wanted.gradient(point))).toBeLessThan(1e-6);
        }
        await expect(
          differentiate(session, "plain", { at: ["layers.0.mlp.output"], parameters: [], hooks: [byHand] }),
        ).rejects.toThrow('edit "layers.0.residual.out" by a function has no derivative');
      });
    },
  );

  it.each(["one process", "data 2"] as const)("of a mean over tokens count no padding (%s)", async (mesh) => {
    await withSession(folder, meshes[mesh], async (session) => {
      const long = [3, 9, 4, 12, 6, 5];
      const short = [7, 8];
      const squares: Loss = ({ logits, valid }) =>
        logits
          .mul(logits)
          .mean([2])
          .mul(valid)
          .sum([0, 1])
          .div(valid.sum([0, 1]));
      const of = (rows: number[][], loss = squares) =>
        session.backward(rows, { loss, at: "layers.0.residual.out" });
      const [both, one, other] = [await of([long, short]), await of([long]), await of([short])];
      expect(both.loss).toBeCloseTo((one.loss * 6 + other.loss * 2) / 8, 4);
      const careless = await of([long, short], ({ logits }) => logits.mul(logits).mean([0, 1, 2]));
      expect(Math.abs(careless.loss - both.loss)).toBeGreaterThan(1e-3);
      const point = "layers.0.residual.out";
      const units = both.gradient(point).shape[2]!;
      const row = both.gradient(point).data.subarray(6 * units, 8 * units);
      other.gradient(point).data.forEach((x, i) => expect(row[i]).toBeCloseTo((x * 2) / 8, 5));
    });
  });

  it("are asked for before anything runs, or refused in one line", async () => {
    await withSession(folder, {}, async (session) => {
      const ask = (options: Partial<BackwardOptions>) => differentiate(session, "plain", options);
      await expect(ask({ at: ["layers.0.residual.outt"] })).rejects.toThrow(
        /nearest.*layers\.0\.residual\.out/s,
      );
      await expect(ask({ loss: ({ logits }) => logits.mean([0]) })).rejects.toThrow(/must be a scalar \[\]/);
      await expect(ask({ parameters: ["nothing.weight"] })).rejects.toThrow(
        /no parameter "nothing.weight": nearest is/,
      );
      await expect(
        ask({
          loss: ({ captures }) => captures["layers.0.residual.in"]!.sum([0, 1, 2]),
          read: ["layers.0.residual.in"],
          at: ["norm"],
        }),
      ).rejects.toThrow(
        /no gradient reaches norm \[batch, position, unit 32\], between layers.\d.residual.out and logits: the loss does not depend on it/,
      );
      await expect(
        ask({ hooks: [edit("layers.1.residual.out", (x) => x.data)], at: ["layers.0.residual.out"] }),
      ).rejects.toThrow(
        /no gradient reaches layers.0.residual.out .*: edit "layers.1.residual.out" by a function has no derivative; a traced edit has one/,
      );
      const scaled = editGradient("layers.0.mlp.output", scale(2));
      const ofLast: Partial<BackwardOptions> = {
        logits: "last",
        loss: ({ logits }) => logits.sum([0, 1, 2]),
        at: ["norm"],
      };
      for (const [options, message] of [
        [
          { at: ["norm"], hooks: [scaled] },
          /^editGradient at layers\.0\.mlp\.output \[batch, position, unit 32\], between .*, changes nothing: it comes before the first that is asked for, norm \[batch/,
        ],
        [
          { at: ["embedding"], hooks: [skip("layers.0"), scaled] },
          'layers.0.mlp.output [batch, position, unit 32], between layers.0.mlp.hidden and layers.0.residual.out, does not fire: skip("layers.0") leaves its layer out',
        ],
        [
          {
            loss: ({ captures }: Parameters<Loss>[0]) => captures["layers.0.residual.out"]!.sum([0, 1, 2]),
            read: ["layers.0.residual.out"],
            at: ["embedding"],
            hooks: [editGradient("norm", zero())],
          },
          /^editGradient at norm \[.*\], between .* and logits, changes nothing: no gradient reaches it, the loss does not depend on it$/,
        ],
        [
          { at: ["layers.0.residual.out[position=99]"] },
          /position 99 is outside the 9 there are at layers\.0\.residual\.out \[batch, position, unit 32\], between/,
        ],
        [
          { ...ofLast, at: ["logits[position=-1]"] },
          /^gradient at logits\[position=-1\] \[batch, position, token \d+\], the last, after norm: .*not "last": ask for all/,
        ],
      ] as const)
        await expect(ask({ parameters: [], ...options })).rejects.toThrow(message);
      expect(() => editGradient("norm", undefined as never)).toThrow(
        /editGradient "norm" by undefined: give/,
      );
      expect(() =>
        editGradient(
          "norm",
          trainable("m", { b: [1] }, (x, { b }) => x.mul(b)),
        ),
      ).toThrow('the trained module "m" has its place in the forward pass');
      await expect(session.forward(rows, { hooks: [editGradient("norm", zero()) as never] })).rejects.toThrow(
        /there are gradients in backward only/,
      );
      // What was refused left nothing behind.
      const { loss } = await differentiate(session, "plain");
      expect(Math.abs(loss - wanted.get("plain.loss").data[0]!)).toBeLessThan(1e-3);
    });
  });
});

describe("at the border of two stages", () => {
  const { folder, rows: all } = readGolden("llama-grouped");
  const rows = all.slice(0, 2).map((row) => row.ids);
  // Layers 0 and 1, or 0, are the first stage's: what one hands out is the other's input, edited there or not.
  const cases: Record<string, readonly (Edit | GradientEdit | ReturnType<typeof skip>)[]> = {
    plain: [],
    edited: [edit("layers.1.residual.in", scale(1.5)), edit("layers.2.residual.in", scale(0.5))],
    "norm edited": [
      edit("layers.1.attention.norm.in", scale(1.5)),
      edit("layers.2.attention.norm.in", scale(2)),
    ],
    skipped: [skip("layers.1")],
    "gradient edited": [
      editGradient("layers.1.residual.in", scale(2)),
      editGradient("layers.2.residual.in", scale(3)),
      editGradient("layers.0.residual.out", scale(-1)),
    ],
  };

  it.each(Object.entries(cases))(
    "every point has the gradient that it has in one process (%s)",
    async (_, hooks) => {
      const gradients = async (session: Session) => {
        const skipped = hooks.some(({ kind }) => kind === "skip");
        const names = session
          .capabilities()
          .points.flatMap(({ name, differentiate }) => (differentiate ? [name] : []));
        const at = names.filter((name) => !skipped || !name.startsWith("layers.1."));
        const run = await session.backward(rows, {
          hooks,
          at,
          read: ["layers.2.residual.in"],
          // What is read at the border itself must be counted as well.
          loss: ({ logits, captures }) => {
            const entry = captures["layers.2.residual.in"]!;
            return logits
              .mul(logits)
              .mean([0, 1, 2])
              .add(entry.mul(entry).mean([0, 1, 2]));
          },
        });
        return run.gradients;
      };
      const one = await withSession(folder, {}, gradients);
      const two = await withSession(folder, { devices: 2, mesh: { pipeline: 2 } }, gradients);
      if (hooks.length > 0) {
        const plain = await withSession(folder, {}, (session) =>
          session.backward(rows, {
            loss: ({ logits }) => logits.mul(logits).mean([0, 1, 2]),
            at: ["embedding"],
          }),
        );
        expect(relative(one.get("embedding")!, plain.gradient("embedding"))).toBeGreaterThan(1e-2);
      }
      expect([...two.keys()]).toEqual([...one.keys()]);
      for (const [name, gradient] of one) {
        // Padding has no gradient on either side, or the same.
        expect(relative(two.get(name)!, gradient), name).toBeLessThan(1e-5);
      }
    },
  );
});

describe("by module path", () => {
  const { folder, rows: all } = readGolden("llama-grouped");
  const rows = all.slice(0, 2).map((row) => row.ids);
  const loss: Loss = ({ logits }) => logits.mul(logits).mean([0, 1, 2]);

  it("gradients are read and edited at inputs and outputs, also where tensor ranks share them", async () => {
    for (const mesh of [{}, { tensor: 2 }])
      await withSession(folder, { mesh }, async (session) => {
        for (const path of [
          "model.layers.1.mlp.input",
          "model.layers.1.mlp.down_proj.input",
          "model.layers.1.mlp",
        ]) {
          const at = [path, "layers.0.residual.out"];
          const plain = await session.backward(rows, { loss, at });
          const edited = await session.backward(rows, { loss, at, hooks: [editGradient(path, scale(3))] });
          const [own, tripled] = [plain, edited].map((run) => run.gradient(path));
          expect(tripled!.shape).toEqual(own!.shape);
          own!.data.forEach((x, i) => expect(tripled!.data[i]).toBeCloseTo(3 * x, 4));
          const before = [plain, edited].map((run) => run.gradient("layers.0.residual.out"));
          expect(relative(before[1]!, before[0]!), path).toBeGreaterThan(1e-2);
        }
        // Lasting ones act in backward passes, as their groups are chosen, and nowhere else.
        const [own, other] = ["layers.1.mlp.output", "layers.1.attention.output"] as const;
        const change = editGradient(own, scale(3));
        const at = ["layers.0.residual.out"];
        const before = (options: Partial<BackwardOptions>) =>
          session.backward(rows, { loss, at, ...options }).then((run) => run.gradient(at[0]!));
        const wanted = await before({ hooks: [change] });
        const bare = await before({});
        expect(relative(wanted, bare)).toBeGreaterThan(1e-2);
        const lasting = session.hooks.add(change, { groups: ["tripled"] });
        session.hooks.add(editGradient(other, zero()), { groups: ["stopped"] });
        expect(relative(await before({ groups: ["tripled"] }), wanted)).toBe(0);
        expect(relative(await before({ groups: ["stopped"], complement: true }), wanted)).toBe(0);
        expect(relative(await before({}), wanted)).toBeGreaterThan(1e-2);
        lasting.disable();
        expect(relative(await before({ groups: ["tripled"] }), bare)).toBe(0);
        lasting.enable();
        expect(relative(await before({ groups: ["tripled"] }), wanted)).toBe(0);
        await session.forward(rows);
        await session.generate([rows[0]!], { maxTokens: 2 });
      });
  });

  // FlexModel gathers without a gradient, so that what mixes the units of several ranks stops it without a word (defect 17).
  it("an edit that mixes the units of all tensor ranks lets the gradient through", async () => {
    await withSession(folder, { mesh: { tensor: 2 } }, async (session) => {
      const mixed = edit(
        "layers.1.mlp.hidden",
        traced((x) => x.softmax().mul(4)),
      );
      const { gradients } = await session.backward(rows, { loss, at: ["layers.1.mlp.pre"], hooks: [mixed] });
      const { data, shape } = gradients.get("layers.1.mlp.pre")!;
      const units = shape.at(-1)!;
      // Of the first rank's units and of the second's.
      for (const [from, to] of [
        [0, units / 2],
        [units / 2, units],
      ] as const)
        expect(
          Math.max(...data.filter((_, i) => i % units >= from && i % units < to).map(Math.abs)),
        ).toBeGreaterThan(1e-6);
    });
  });
});

describe("readouts", () => {
  const { folder, rows: all } = readGolden("llama-grouped");
  const rows = all.slice(0, 2).map((row) => row.ids);
  const wanted = readTensors("backward", "llama-grouped");

  it.each(Object.entries(meshes))("read the model's own head at any layer (%s)", async (_, options) => {
    await withSession(folder, options, async (session) => {
      const point = "layers.0.residual.out";
      const lens = (hooks: readonly Edit[]) =>
        session.forward(rows, {
          logits: "none",
          hooks,
          readout: {
            read: [point],
            compute: ({ captures, unembed }) => ({
              lens: unembed(captures[point]!),
              best: captures[point]!.sum([2]),
            }),
          },
        });
      const run = await lens([]);
      expect(run.logits).toBeUndefined();
      const moved = await lens([edit(point, add(new Float32Array(wanted.get("b").data.length).fill(1)))]);
      rows.forEach((row, r) => {
        const axes = ["batch", "position", "token"];
        const expected = wanted.get(`lens.rows.${r}`);
        const ours = unpadded(run.readout.get("lens")!, axes, r, row.length);
        expect(relative(ours, expected)).toBeLessThan(1e-5);
        expect(relative(unpadded(moved.readout.get("lens")!, axes, r, row.length), expected)).toBeGreaterThan(
          1e-2,
        );
      });
    });
  });
});
