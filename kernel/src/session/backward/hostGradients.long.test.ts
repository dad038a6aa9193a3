import { expect, test } from "vitest";
import { editGradient, scale } from "../../hooks/index.js";
import type { HostContext, HostFunction } from "../../hooks/index.js";
import { Session } from "../session.js";
import { opt, ownRuntime, quiet, rows } from "../sessions.fixture.js";
import type { BackwardOptions } from "./types.js";

ownRuntime();

const hidden = "layers.1.mlp.hidden";
const early = "layers.0.residual.in";
const loss: BackwardOptions["loss"] = ({ logits, valid }) =>
  logits.mul(logits).sum([2]).mul(valid).sum([0, 1]);
const gradient = async (session: Session, hooks: BackwardOptions["hooks"] = []) =>
  (await session.backward(rows, { at: early, loss, hooks })).gradient(early).data;
/** Largest difference as a share of the largest number: another cut of the graph rounds otherwise. */
const away = (a: Float32Array, b: Float32Array) =>
  Math.max(...a.map((x, i) => Math.abs(x - b[i]!))) / Math.max(...b.map(Math.abs));
const twice: HostFunction = (dx) => dx.data.map((x) => 2 * x);

test.each([{}, { mesh: { pipeline: 2, tensor: 2 } }])(
  "a function of a gradient is called once on the whole of it, and told where it is (%j)",
  async (mesh) => {
    const session = await Session.open(opt, { ...quiet, ...mesh });
    const bare = await gradient(session);
    const calls: Partial<HostContext>[] = [];
    const look: HostFunction = (dx, { point, layer, step, lengths, saved }) => {
      calls.push({ point, layer, step, lengths });
      saved.set(point, dx.shape);
      return dx;
    };
    const looked = await gradient(session, [editGradient("layers.*.mlp.hidden", look)]);
    expect(away(looked, bare)).toBeLessThan(1e-5);
    expect(calls).toEqual(
      // Backwards, as the gradient goes.
      [2, 1, 0].map((layer) => ({ point: `layers.${layer}.mlp.hidden`, layer, step: 0, lengths: [5, 2] })),
    );
    expect(session.saved.get(hidden)).toEqual([2, 5, 96]);
    const own = await gradient(session, [editGradient(hidden, twice)]);
    expect(away(own, bare)).toBeGreaterThan(1e-2);
    expect(away(own, await gradient(session, [editGradient(hidden, scale(2))]))).toBeLessThan(1e-5);
    await session.close();
  },
);

test("what it throws fails its run only, under the hook's name, also that of a lasting one", async () => {
  const session = await Session.open(opt, { ...quiet, mesh: { pipeline: 2 } });
  const bare = await gradient(session);
  const throwing = editGradient(hidden, () => {
    throw new RangeError("boom");
  });
  await expect(gradient(session, [throwing])).rejects.toThrow(`editGradient "${hidden}": boom`);
  const wrong = editGradient(hidden, () => new Float32Array(3));
  await expect(gradient(session, [wrong])).rejects.toThrow(
    `editGradient "${hidden}" returned Float32Array of 3: it must be a tensor of shape [2, 5, 96] or a Float32Array of 960, what is selected of ${hidden} [batch, position, unit 96], between `,
  );
  const hook = session.hooks.add(throwing, { name: "mine" });
  await expect(gradient(session)).rejects.toThrow(`lasting hook "mine": editGradient "${hidden}": boom`);
  // Where there is no gradient it has nothing to do.
  await session.forward(rows);
  hook.remove();
  expect(await gradient(session)).toEqual(bare);
  await session.close();
});

test("verify repeats it, and says what it did", async () => {
  const session = await Session.open(opt, { ...quiet, mesh: { tensor: 2 } });
  const hooks = [editGradient(hidden, twice)];
  const { verdict, edits } = await session.verify(await session.backward(rows, { at: early, loss, hooks }));
  expect(verdict).toBe("supported");
  expect(edits).toEqual([expect.objectContaining({ edit: `editGradient("${hidden}", function twice)` })]);
  expect(edits[0]!.effect!.isThere).toBe(true);
  await session.close();
});
