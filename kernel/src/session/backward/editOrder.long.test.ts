import { expect, test } from "vitest";
import { add, capture, editGradient, scale } from "../../hooks/index.js";
import { Session } from "../session.js";
import { opt, ownRuntime, quiet, rows } from "../sessions.fixture.js";
import type { BackwardOptions } from "./types.js";

ownRuntime();

test.each([{}, { mesh: { tensor: 2 } }, { mesh: { data: 2 } }])(
  "edits of one gradient act in the order given, lasting ones first (%j)",
  async (mesh) => {
    const session = await Session.open(opt, { ...quiet, ...mesh });
    const at = "layers.1.mlp.hidden";
    const gradient = async (hooks: BackwardOptions["hooks"] = []) => {
      const loss: BackwardOptions["loss"] = ({ logits }) => logits.mul(logits).sum([0, 1, 2]);
      const run = await session.backward(rows, { at, loss, hooks: [...hooks, capture(at)] });
      return run.gradient(at);
    };
    const { data: bare, shape } = await gradient();
    // Nothing is added to the gradient at padding.
    const isToken = (i: number) => {
      const [, positions, units] = shape as [number, number, number];
      return Math.floor(i / units) % positions < rows[Math.floor(i / (units * positions))]!.length;
    };
    const [twice, more] = [editGradient(at, scale(2)), editGradient(at, add(1))];
    const both = (await gradient([twice, more])).data;
    const turned = (await gradient([more, twice])).data;
    session.hooks.add(more);
    const lasting = (await gradient([twice])).data;
    bare.forEach((x, i) => {
      if (!isToken(i)) return;
      expect(both[i]).toBeCloseTo(2 * x + 1, 4);
      expect(turned[i]).toBeCloseTo(2 * (x + 1), 4);
    });
    expect(lasting).toEqual(turned);
    expect(Math.max(...bare)).toBeGreaterThan(1e-2);
    await session.close();
  },
);
