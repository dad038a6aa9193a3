import { expect, test } from "vitest";
import { skip } from "../../hooks/index.js";
import { Session } from "../session.js";
import { opt, ownRuntime, quiet, rows } from "../sessions.fixture.js";
import type { BackwardOptions } from "./types.js";

ownRuntime();

const loss: BackwardOptions["loss"] = ({ logits }) => logits.logSoftmax().slice(2, 3, 4).sum([0, 1, 2]);

test("in a layer that is left out nothing has a gradient, which is said before anything runs", async () => {
  const session = await Session.open(opt, quiet);
  const hooks = [skip("layers.1")];
  const at = (points: string) => session.backward(rows, { loss, hooks, at: points });
  await expect(at("layers.1.mlp.hidden")).rejects.toThrow(
    'layers.1.mlp.hidden [batch, position, unit 96], between layers.1.mlp.pre and layers.1.mlp.output, does not fire: skip("layers.1") leaves its layer out',
  );
  await expect(at("layers.*.residual.out")).rejects.toThrow("layers.1.residual.out");
  const name = "model.decoder.layers.1.fc1.weight";
  await expect(session.backward(rows, { loss, hooks, parameters: name })).rejects.toThrow(
    `no gradient reaches "${name}": hooks skip layer 1`,
  );
  const { parameters } = await session.backward(rows, { loss, parameters: name });
  expect(Math.max(...parameters.get(name)!.data.map(Math.abs))).toBeGreaterThan(1e-3);
  // Others' gradients are those of the model without the layer.
  const { gradients } = await session.backward(rows, { loss, hooks, at: "layers.{0,2}.residual.{in,out}" });
  expect([...gradients.keys()]).toHaveLength(4);
  const [out, into] = ["layers.0.residual.out", "layers.2.residual.in"].map(
    (each) => gradients.get(each)!.data,
  );
  expect(out).toEqual(into);
});

test.each([{}, { mesh: { pipeline: 2 } }])(
  "a tied head has its table's gradient, under either name (%j)",
  async (options) => {
    const session = await Session.open(opt, { ...quiet, ...options });
    const [head, table] = ["lm_head.weight", "model.decoder.embed_tokens.weight"];
    const { parameters } = await session.backward(rows, {
      loss,
      parameters: [head, "model.decoder.embed_t*"],
    });
    expect([...parameters.keys()]).toEqual([head, table]);
    expect(parameters.get(head)).toEqual(parameters.get(table));
    expect(Math.max(...parameters.get(head)!.data.map(Math.abs))).toBeGreaterThan(1e-3);
  },
);
