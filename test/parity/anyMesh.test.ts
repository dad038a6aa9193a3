import { describe, expect, it } from "vitest";
import type { OpenOptions, Session } from "../../kernel/src/index.js";
import { distance } from "./closeness.js";
import { crossEntropy, differentiated } from "./differentiating.js";
import { readGolden, type Values } from "./goldens.js";
import { observed, vitrail, withOwnSession, withSession } from "./sessions.js";

const { capture, edit, editGradient, projectOut, scale, traced } = vitrail;

type MeshOptions = NonNullable<OpenOptions["mesh"]>;

/** Numbers that come from the same weights and tokens by another road. */
const same = 1e-5;

/** Beyond two along each direction, and all three directions at once, with how many processes that is. */
const meshes: Record<string, readonly [mesh: MeshOptions, processes: number]> = {
  "pipeline 3": [{ pipeline: 3 }, 3],
  "tensor 4": [{ tensor: 4 }, 4],
  "data 3": [{ data: 3 }, 3],
  "pipeline 2 × data 2 × tensor 2": [{ pipeline: 2, data: 2, tensor: 2 }, 8],
};

const hidden = "layers.1.mlp.hidden";
/** At points that tensor ranks share, none of them so strong that values leave the size they have in the model: units of all ranks mixed, units over a border between ranks, the last rank's head. */
const edits = [
  edit(
    hidden,
    traced((x) => x.softmax().mul(x)),
  ),
  edit("layers.2.mlp.hidden[unit=20:50]", scale(-1)),
  edit("layers.0.attention.z[head=-1]", scale(0.5)),
];

/** Weights cut over outputs and over inputs among tensor ranks, or held whole; and the meshes that a model is run on. */
const models = {
  llama: {
    on: Object.keys(meshes),
    parameters: [
      "model.embed_tokens.weight",
      "model.layers.0.self_attn.k_proj.weight",
      "model.layers.2.mlp.up_proj.weight",
      "model.layers.1.self_attn.o_proj.weight",
      "model.norm.weight",
      "lm_head.weight",
    ],
  },
  // Biases, some of them cut and some added by one rank alone.
  opt: {
    on: ["tensor 4"],
    parameters: [
      "model.decoder.embed_tokens.weight",
      "model.decoder.layers.0.self_attn.q_proj.bias",
      "model.decoder.layers.2.fc1.weight",
      "model.decoder.layers.1.fc2.weight",
      "model.decoder.layers.1.fc2.bias",
    ],
  },
};

/** Largest difference; of gradients, whose size is that of the loss and not of the model's values, as a share of the largest number. */
function away(what: string, got: Values, expected: Values): number {
  const far = distance(got, expected);
  return what.includes("gradient of") ? far / largest(expected) : far;
}

const largest = ({ data }: Values) => data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

const listed = (ids: readonly number[]): Values => ({ shape: [ids.length], data: Float32Array.from(ids) });

describe.each(Object.entries(models))("%s", (name, { on, parameters }) => {
  const golden = readGolden(name);
  // More rows than replicas, and not as many on each.
  const rows = [...golden.rows.map((row) => row.ids), [5, 6], [7, 8, 9]];
  const two = differentiated(name);
  const all = capture("*");

  /** All that is compared, by what it is. */
  async function everything(session: Session): Promise<Map<string, Values>> {
    const found = new Map<string, Values>();
    const keep = (label: string, values: Iterable<readonly [string, Values]>) => {
      for (const [key, value] of values) found.set(`${label} ${key}`, value);
    };
    keep("bare", observed(await session.forward(rows, { hooks: [all] })));
    keep("edited", observed(await session.forward(rows, { hooks: [...edits, all] })));
    const units = found.get(`bare ${hidden}`)!.shape[2]!;
    const direction = Float32Array.from(
      { length: units },
      (_, i) => Math.sin(1.3 * i) / Math.sqrt(units / 2),
    );
    const { points } = session.capabilities();
    for (const activations of ["save", "recompute"] as const) {
      const run = await session.backward(two.rows, {
        activations,
        given: two.given,
        loss: crossEntropy,
        at: points.flatMap(({ name, differentiate }) => (differentiate ? [name] : [])),
        parameters,
        hooks: [...edits, editGradient(hidden, projectOut(direction))],
      });
      keep(`${activations}, gradient of`, [...run.gradients, ...run.parameters]);
    }
    const drawn = await session.generate(rows, { maxTokens: 6, temperature: 1, seed: 3 });
    keep(
      "drawn row",
      drawn.rows.map(({ ids }, row) => [`${row}`, listed(ids)]),
    );
    return found;
  }

  /** What the same comparison must find different: edited against bare, other tokens, other seeds, bare gradients. */
  async function expectControls(session: Session, one: ReadonlyMap<string, Values>): Promise<void> {
    const expectFar = (got: Values, what: string) =>
      expect(away(what, got, one.get(what)!), what).toBeGreaterThan(100 * same);
    for (const point of [hidden, "layers.2.residual.in", "layers.2.mlp.output", "logits"])
      expectFar(one.get(`edited ${point}`)!, `bare ${point}`);
    const backwards = await session.forward(
      rows.map((row) => row.toReversed()),
      { hooks: [all] },
    );
    for (const point of ["layers.1.attention.pattern", hidden, "logits"])
      expectFar(backwards.get(point), `bare ${point}`);
    const drawn = await session.generate(rows, { maxTokens: 6, temperature: 1, seed: 4 });
    drawn.rows.forEach(({ ids }, row) => expectFar(listed(ids), `drawn row ${row}`));
    const early = "layers.0.residual.in";
    const how = { given: two.given, loss: crossEntropy, at: early };
    const { gradients } = await session.backward(two.rows, how);
    for (const activations of ["save", "recompute"])
      expectFar(gradients.get(early)!, `${activations}, gradient of ${early}`);
  }

  let alone: Promise<Map<string, Values>> | undefined;
  const oneProcess = () =>
    (alone ??= withSession(golden.folder, {}, async (session) => {
      const one = await everything(session);
      await expectControls(session, one);
      return one;
    }));

  it.each(on)("is on %s what it is in one process", async (label) => {
    const [mesh, processes] = meshes[label]!;
    const one = await oneProcess();
    await withOwnSession(golden.folder, { mesh }, async (session) => {
      const { ranks } = await session.status();
      expect(new Set(ranks.map(({ pid }) => pid)).size).toBe(processes);
      const found = await everything(session);
      expect([...found.keys()]).toEqual([...one.keys()]);
      for (const [what, value] of found)
        expect(away(what, value, one.get(what)!), what).toBeLessThanOrEqual(same);
    });
  });
});
