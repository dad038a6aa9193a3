import { describe, expect, it } from "vitest";
import type { Edit, GradientEdit, Session } from "../../kernel/src/index.js";
import { unpadded } from "./closeness.js";
import { crossEntropy, differentiated, keyed, relative, type Loss } from "./differentiating.js";
import { readTensors, type Values } from "./goldens.js";
import { gradientHostCases } from "./hostCases.js";
import { meshes } from "./meshes.js";
import { vitrail, withSession } from "./sessions.js";

const { add, capture, edit, editGradient, keep, mean, patch, projectOnto, projectOut, scale, set } = vitrail;
const { traced, zero } = vitrail;

/** Parameters whose gradients are edited: the words, one whose rows the tensor ranks share, one whose columns; as in the oracle. */
const hooked: Record<string, readonly [string, string, string]> = {
  galactica: [
    "model.decoder.embed_tokens.weight",
    "model.decoder.layers.0.self_attn.q_proj.weight",
    "model.decoder.layers.1.fc2.weight",
  ],
  "llama-grouped": [
    "model.embed_tokens.weight",
    "model.layers.1.self_attn.o_proj.weight",
    "model.layers.2.mlp.up_proj.weight",
  ],
  gpt2: [
    "transformer.wte.weight",
    "transformer.h.0.attn.c_attn.weight",
    "transformer.h.1.attn.c_proj.weight",
  ],
};

type Hooks = readonly (Edit | GradientEdit)[];

/** Module paths of a norm, and of what projects queries, in layer 1. */
const modules: Record<string, readonly [string, string]> = {
  galactica: ["model.decoder.layers.1.self_attn_layer_norm", "model.decoder.layers.1.self_attn.q_proj"],
  "llama-grouped": ["model.layers.1.input_layernorm", "model.layers.1.self_attn.q_proj"],
  gpt2: ["transformer.h.1.ln_1", "transformer.h.1.attn.c_attn"],
};

/** Edits of values, whose derivative is part of the gradient. */
function forwardCases(vector: Float32Array, donor: Values): Record<string, Hooks> {
  const layer = "layers.0.residual.out";
  const attention = "layers.1.attention.output";
  const pattern = "layers.1.attention.pattern";
  return {
    scale: [edit(layer, scale(1.75))],
    add: [edit(layer, add(vector))],
    addLast: [edit(`${layer}[position=-1]`, add(vector.map((x) => 2 * x)))],
    setFirst: [edit(`${layer}[position=0]`, set(vector))],
    zeroAttention: [edit(attention, zero())],
    mean: [edit(attention, mean(["position"]))],
    meanAll: [edit(attention, mean())],
    meanUnits: [edit(attention, mean(["unit"]))],
    meanHeads: [edit(pattern, mean(["head"]))],
    meanKeys: [edit(pattern, mean(["key"]))],
    meanQueries: [edit(pattern, mean(["query"]))],
    keepHead: [edit("layers.0.attention.z[head=1]", keep())],
    zeroHead: [edit("layers.0.attention.z[head=1]", zero())],
    patched: [edit(`${layer}[position=-2:]`, patch(donor))],
    projectOut: [edit(layer, projectOut(vector))],
    projectOnto: [edit(attention, projectOnto(vector))],
    projectLast: [edit(`${layer}[position=-1]`, projectOnto(vector))],
    scaleUnits: [edit("layers.1.mlp.hidden[unit=3:9]", scale(-3))],
    tracedHidden: [
      edit(
        "layers.1.mlp.hidden",
        traced((x) => x.softmax().mul(x).mul(4)),
      ),
    ],
  };
}

const tanh = traced((dx) => dx.tanh().mul(2));

/** Edits of gradients at hook points. */
function gradientCases(vector: Float32Array): Record<string, Hooks> {
  const layer = "layers.0.residual.out";
  const attention = "layers.1.attention.output";
  return {
    gradientKeep: [editGradient("layers.1.attention.z[head=1]", keep())],
    gradientMean: [editGradient(attention, mean(["position"]))],
    gradientMeanAll: [editGradient(layer, mean())],
    gradientAdd: [editGradient(layer, add(vector))],
    gradientSet: [editGradient(layer, set(vector))],
    gradientSetLast: [editGradient(`${layer}[position=-1]`, set(vector))],
    gradientOnto: [editGradient(attention, projectOnto(vector))],
    gradientTraced: [editGradient("layers.1.mlp.hidden", tanh)],
    gradientUnits: [editGradient("layers.1.mlp.hidden[unit=3:9]", scale(-3))],
  };
}

/** What another loss has for a gradient at the last two tokens: of head 1 of z, and of some units of the stream. */
type Donors = Readonly<Record<"z" | "layer", Values>>;
const parts = {
  z: "layers.1.attention.z[head=1, position=-2:]",
  layer: "layers.0.residual.out[unit=3:9, position=-2:]",
};

/** Edits of parts of gradients. */
function partCases(vector: Float32Array, donors: Donors): Record<string, Hooks> {
  const [head, units] = ["layers.1.attention.z[head=1]", "layers.0.residual.out[unit=3:9]"];
  const ofHead = vector.slice(0, donors.z.shape.at(-1));
  return {
    gradientKeepUnits: [editGradient(units, keep())],
    gradientKeepLate: [editGradient("layers.0.residual.out[position=-2:]", keep())],
    gradientZeroHead: [editGradient(head, zero())],
    gradientZeroUnits: [editGradient(units, zero())],
    gradientOutHead: [editGradient(head, projectOut(ofHead))],
    gradientOutUnits: [editGradient(units, projectOut(vector))],
    gradientPatchHead: [editGradient(parts.z, patch(donors.z))],
    gradientPatchUnits: [editGradient(parts.layer, patch(donors.layer))],
    gradientMeanHead: [editGradient("layers.1.attention.pattern[head=1]", mean(["head"]))],
    gradientMeanUnits: [editGradient("layers.1.mlp.hidden[unit=3:9]", mean(["unit"]))],
  };
}

/** Edits of gradients by functions of the notebook, which tell `calls` where they ran. */
function hostCases(calls: string[] = []): Record<string, Hooks> {
  return Object.fromEntries(
    Object.entries(gradientHostCases(calls)).map(([label, [at, f]]) => [label, [editGradient(at, f)]]),
  );
}

/** Edits of gradients at what one module reads. */
function inputCases([norm, projection]: readonly [string, string]): Record<string, Hooks> {
  return {
    plain: [],
    inputNorm: [editGradient(`${norm}.input`, scale(3))],
    inputProjection: [editGradient(`${projection}.input`, tanh)],
    inputs: [editGradient(`${norm}.input`, tanh), editGradient(`${projection}.input`, scale(-2))],
  };
}

/** Edits of gradients of parameters, of which tensor ranks share the rows or columns of the last two. */
function parameterCases(
  [words, second, third]: readonly [string, string, string],
  units: number,
  calls: string[],
): Hooks {
  const direction = Float32Array.from({ length: units }, (_, i) => Math.sin(0.7 * i));
  return [
    editGradient(words, (dx, { point }) => {
      calls.push(point);
      const [rows, size] = dx.shape as [number, number];
      for (let row = 0; row < rows; row++) dx.data.subarray(row * size, (row + 1) * size).sort();
      return dx;
    }),
    editGradient(second, projectOut(direction)),
    editGradient(
      third,
      traced((dx) => dx.softmax().mul(dx).mul(4)),
    ),
    editGradient(second, scale(-2)),
  ];
}

describe.each(["galactica", "llama-grouped", "gpt2"])("with edits, gradients of %s", (name) => {
  const { folder, rows, given } = differentiated(name);
  const wanted = readTensors("backward-edits", name);
  const vector = wanted.get("vector").data;
  const early = "layers.0.residual.in";

  /** Compares each case with autograd, and its golden with the plain one first. */
  async function compare(
    session: Session,
    cases: Record<string, Hooks>,
    activations: "save" | "recompute" = "save",
  ) {
    const faults: string[] = [];
    for (const [label, hooks] of Object.entries(cases)) {
      const at = keyed(wanted, `${label}.rows.0.`);
      const parameters = keyed(wanted, `${label}.parameter.`);
      const how = { loss: crossEntropy, given, activations };
      const run = await session.backward(rows, { ...how, hooks, at, parameters });
      rows.forEach((row, r) => {
        const plain = wanted.get(`plain.rows.${r}.${early}`);
        if (label !== "plain")
          expect(relative(wanted.get(`${label}.rows.${r}.${early}`), plain), label).toBeGreaterThan(1e-2);
        for (const point of at) {
          const gradient = run.gradient(point);
          const ours = unpadded(gradient, gradient.axes, r, row.length);
          const away = relative(ours, wanted.get(`${label}.rows.${r}.${point}`));
          if (!(away <= 1e-5)) faults.push(`${label} ${point} row ${r}: ${away}`);
        }
      });
      for (const path of parameters) {
        const away = relative(run.parameters.get(path)!, wanted.get(`${label}.parameter.${path}`));
        if (!(away <= 1e-5)) faults.push(`${label} ${path}: ${away}`);
      }
    }
    expect(faults).toEqual([]);
  }

  it("are the cases that PyTorch was asked about", () => {
    const donor = { shape: [1], data: new Float32Array(1) };
    const ours = {
      ...forwardCases(vector, donor),
      ...gradientCases(vector),
      ...partCases(vector, { z: donor, layer: donor }),
      ...hostCases(),
      ...inputCases(modules[name]!),
    };
    const labels = new Set(wanted.names.flatMap((key) => /^(\w+)\.rows/.exec(key)?.[1] ?? []));
    expect(keyed(wanted, "hooked.parameter.").sort()).toEqual([...hooked[name]!].sort());
    expect([...Object.keys(ours), "parameters"].sort()).toEqual([...labels].sort());
  });

  it.each(Object.entries(meshes))("go through interventions as autograd goes (%s)", async (_, options) => {
    await withSession(folder, options, async (session) => {
      const selector = "layers.0.residual.out[position=-2:]";
      const turned = await session.forward(
        rows.map((row) => [...row].reverse()),
        { hooks: [capture(selector)], logits: "none" },
      );
      await compare(session, forwardCases(vector, turned.get("layers.0.residual.out")));
    });
  });

  it.each(Object.entries(meshes))("are edited as PyTorch's hooks edit them (%s)", async (_, options) => {
    await withSession(folder, options, (session) => compare(session, gradientCases(vector)));
  });

  it.each(Object.entries(meshes))(
    "are edited in parts as PyTorch's hooks edit them (%s)",
    async (_, options) => {
      await withSession(folder, options, async (session) => {
        const loss: Loss = ({ logits, valid }) => logits.mul(logits).sum([2]).mul(valid).sum([0, 1]);
        const run = await session.backward(rows, { loss, at: Object.values(parts) });
        const [z, layer] = [run.gradient("layers.1.attention.z"), run.gradient("layers.0.residual.out")];
        await compare(session, partCases(vector, { z, layer }));
      });
    },
  );

  it.each(Object.entries(meshes))(
    "of parameters are edited whole, as by PyTorch's hooks of tensors (%s)",
    async (_, options) => {
      const parameters = hooked[name]!;
      const [words, second] = parameters;
      await withSession(folder, options, async (session) => {
        const how = { loss: crossEntropy, given, parameters };
        const bare = await session.backward(rows, how);
        const calls: string[] = [];
        const hooks = parameterCases(parameters, bare.parameters.get(second)!.shape.at(-1)!, calls);
        const edited = await session.backward(rows, { ...how, hooks });
        for (const path of parameters) {
          const expected = wanted.get(`hooked.parameter.${path}`);
          expect(relative(expected, bare.parameters.get(path)!), path).toBeGreaterThan(1e-2);
          expect(relative(edited.parameters.get(path)!, expected), path).toBeLessThanOrEqual(1e-5);
        }
        expect(calls).toEqual([words]);
      });
    },
  );

  it.each(Object.entries(meshes))(
    "are edited by functions of the notebook, once each, as by PyTorch's hooks (%s)",
    async (_, options) => {
      const calls: string[] = [];
      const cases = hostCases(calls);
      await withSession(folder, options, (session) => compare(session, cases));
      expect(calls).toEqual(Object.values(gradientHostCases([])).map(([at]) => at.replace(/\[.*/, "")));
    },
  );

  it("are edited by functions where activations are computed again, too", async () => {
    await withSession(folder, meshes["pipeline 2 × tensor 2"], (session) =>
      compare(session, hostCases(), "recompute"),
    );
  });

  it.each(Object.entries(meshes))(
    "are edited at what one module reads, by its path (%s)",
    async (_, options) => {
      await withSession(folder, options, (session) => compare(session, inputCases(modules[name]!)));
    },
  );

  it("of edited parameters are those where they are now", async () => {
    await withSession(folder, meshes["tensor 2"], async (session) => {
      for (const path of keyed(wanted, "parameters.parameter."))
        await session.editParameter(path, ({ shape, data }) => ({
          shape,
          data: data.map((x, i) => x + 0.3 * Math.sin(0.7 * i)),
        }));
      await compare(session, { parameters: [] });
    });
  });
});
