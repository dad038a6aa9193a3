import { expect, test } from "vitest";
import { editGradient, scale, skip } from "../../hooks/index.js";
import type { GradientEdit } from "../../hooks/index.js";
import { Session } from "../session.js";
import { opt, ownRuntime, quiet, rows } from "../sessions.fixture.js";
import type { BackwardOptions } from "./types.js";

ownRuntime();

const loss: BackwardOptions["loss"] = ({ logits, valid }) =>
  logits.mul(logits).sum([2]).mul(valid).sum([0, 1]);
/** Of whatever positions it is given. */
const chosen: BackwardOptions["loss"] = ({ logits }) => logits.mul(logits).sum([0, 1, 2]);
const [early, late] = ["layers.0.residual.out", "layers.2.residual.out"];

test.each([{}, { mesh: { pipeline: 2, tensor: 2 } }])(
  "a lasting one rests where no gradient that is asked for follows from it, and a call's own is refused there (%j)",
  async (mesh) => {
    const session = await Session.open(opt, { ...quiet, ...mesh });
    const at = async (point: string, options = {}) =>
      (await session.backward(rows, { loss, at: point, ...options })).gradient(point).data;
    const [first, bare] = [await at("embedding"), await at(late)];
    let calls = 0;
    const twice: GradientEdit = editGradient(early, (dx) => {
      calls++;
      return dx.data.map((x) => 2 * x);
    });
    const alone = await session.backward(rows, { loss });
    const ofFirst: BackwardOptions["loss"] = ({ captures }) => captures["embedding"]!.sum([0, 1, 2]);
    session.hooks.add(twice, { name: "mine" });
    expect(await at("embedding")).toEqual(first.map((x) => 2 * x));
    expect(calls).toBe(1);
    expect(await at(late)).toEqual(bare);
    expect((await session.backward(rows, { loss })).loss).toBe(alone.loss);
    await session.backward(rows, { loss: ofFirst, read: ["embedding"], at: "embedding" });
    await at("embedding", { hooks: [skip("layers.0")] });
    expect(calls).toBe(1);
    expect((await session.verify(await session.backward(rows, { loss, at: late }))).verdict).toBe(
      "supported",
    );
    session.hooks.remove("mine");
    await expect(at(late, { hooks: [twice] })).rejects.toThrow(/changes nothing: it comes before/);
    await expect(session.backward(rows, { loss, hooks: [twice] })).rejects.toThrow(
      "no gradient is asked for",
    );
    // Of those that one glob chooses, some act and others rest.
    session.hooks.add(editGradient("layers.*.residual.out", scale(2)));
    expect(await at("layers.1.residual.out")).toEqual(
      (await at("layers.1.residual.out", { groups: [] })).map((x) => 4 * x),
    );
    await session.close();
  },
);

test.each([{}, { mesh: { data: 2 } }])(
  "at the logits it acts on all of them, of which the loss sees those that it asked for (%j)",
  async (mesh) => {
    const session = await Session.open(opt, { ...quiet, ...mesh });
    const listed = [
      [0, 3],
      [1, 0],
    ];
    const weighted: BackwardOptions["loss"] = ({ logits, given }) =>
      logits.mul(logits).mul(given["weights"]!).sum([0, 1, 2]);
    const seen = async (logits: typeof listed | "last", hooks: GradientEdit[], weights: number[] = []) => {
      const count = logits === "last" ? 1 : 2;
      const data = Float32Array.from({ length: 2 * count }, (_, i) => weights[i] ?? 1);
      const given = { weights: { shape: [2, count, 1], data } };
      const run = await session.backward(rows, { loss: weighted, given, logits, at: "embedding", hooks });
      return run.gradient("embedding").data;
    };
    const distance = (a: Float32Array, b: Float32Array) =>
      Math.max(...a.map((x, i) => Math.abs(x - b[i]!))) / Math.max(...b.map(Math.abs));
    for (const [logits, edited, weights] of [
      ["last", "logits", [2, 2]],
      ["last", "logits[position=-1, batch=1]", [1, 2]],
      [listed, "logits[position=0]", [2, 1, 1, 2]],
      [listed, "logits[position=3:]", [1, 2, 1, 1]],
    ] as const) {
      const bare = await seen(logits === "last" ? logits : listed, []);
      const twice = editGradient(edited, scale(2));
      const [found, expected] = [
        await seen(logits === "last" ? logits : listed, [twice]),
        await seen(logits === "last" ? logits : listed, [], [...weights]),
      ];
      expect(distance(found, bare)).toBeGreaterThan(0.1);
      expect(distance(found, expected)).toBeLessThan(1e-4);
    }
    const shapes: number[][] = [];
    session.hooks.add(
      editGradient("logits", (dx) => {
        shapes.push([...dx.shape]);
        return dx.data.map((x) => 3 * x);
      }),
      { name: "mine" },
    );
    const asking = (logits: typeof listed | "last", groups: "all" | [] = "all") =>
      session.backward(rows, { loss: chosen, logits, at: "logits", groups });
    const { vocabulary } = session.dimensions;
    const [last, bare] = [await asking("last"), await asking("last", [])];
    expect(shapes).toEqual([[2, 5, vocabulary]]);
    expect(last.gradient("logits").shape).toEqual([2, 1, vocabulary]);
    expect(
      distance(
        last.gradient("logits").data,
        bare.gradient("logits").data.map((x) => 3 * x),
      ),
    ).toBeLessThan(1e-4);
    await expect(asking(listed)).rejects.toThrow(
      'lasting hook "mine": gradient at logits at 2 positions: an editGradient of the logits sees all, ask for all or last',
    );
    expect((await asking(listed, [])).gradient("logits").shape).toEqual([2, 2, vocabulary]);
    await session.close();
  },
);
