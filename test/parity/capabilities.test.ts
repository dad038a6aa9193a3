import { describe, expect, it } from "vitest";
import type { Session } from "../../kernel/src/index.js";
import { distance } from "./closeness.js";
import { readGolden, type Values } from "./goldens.js";
import { returnedLogits, vitrail, withSession } from "./sessions.js";

const { edit, scale, traced } = vitrail;

const meshes = {
  "one process": {},
  "pipeline 2 × tensor 2": { devices: 4, mesh: { pipeline: 2, tensor: 2 } },
};

describe.each(["opt", "llama-grouped", "gpt2", "gpt-neox"])("every hook point of %s", (name) => {
  const golden = readGolden(name);
  const rows = [golden.rows[0]!.ids];
  /** A norm undoes a scale of what it reads: its own input, and all that the last layer gives. */
  const isUndone = (point: string) =>
    point.endsWith("norm.in") || point === `layers.${golden.layers - 1}.residual.out`;
  const logits = async (
    session: Session,
    point: string,
    change: Parameters<typeof edit>[1],
  ): Promise<Values> => returnedLogits(await session.forward(rows, { hooks: [edit(point, change)] }));

  it.each(Object.entries(meshes))("can be edited if it is said to be (%s)", async (_, options) => {
    await withSession(golden.folder, options, async (session) => {
      const { points, absent } = session.capabilities();
      expect(points.map((point) => point.name)).toEqual(session.hookPoints().map((point) => point.name));
      expect(points.every((point) => point.edit)).toBe(true);
      const bare = returnedLogits(await session.forward(rows));
      const scaled = new Map<string, Values>();
      for (const point of points.map((each) => each.name)) {
        const edited = await logits(session, point, scale(1.5));
        scaled.set(point, edited);
        const moved = distance(edited, bare);
        if (!isUndone(point)) expect(moved, `${point} scaled`).toBeGreaterThan(1e-2);
        else {
          expect(moved, `${point} scaled, before a norm`).toBeLessThan(1e-2);
          const squashed = await logits(
            session,
            point,
            traced((x) => x.tanh().mul(2)),
          );
          expect(distance(squashed, bare), `${point} squashed`).toBeGreaterThan(1e-2);
        }
      }

      // What is not named says why, and is not there to edit.
      const layered = (point: string) =>
        /^(attention|mlp|residual)\./.test(point) ? `layers.1.${point}` : point;
      for (const [point, why] of Object.entries(absent))
        await expect(logits(session, layered(point), scale(1.5)), point).rejects.toThrow(why);

      // Each says where in attention it lies: scores are linear in queries and keys, and the output in the pattern and values.
      const same = (names: readonly string[]) => {
        const found = names.map((each) => scaled.get(`layers.1.attention.${each}`)!);
        for (const [i, each] of found.entries())
          expect(distance(each, found[0]!), `${names[i]!} as ${names[0]!}`).toBeLessThan(1e-4);
        return found[0]!;
      };
      const rotary = "attention.qRotary" in absent ? [] : ["qRotary", "kRotary"];
      const [scores, z] = [same(["scores", "q", "k", ...rotary]), same(["z", "v", "pattern"])];
      expect(distance(scores, z)).toBeGreaterThan(1e-2);
      const data = bare.data.map((x) => 1.5 * x);
      expect(distance(scaled.get("logits")!, { shape: bare.shape, data })).toBeLessThan(1e-5);
    });
  });
});
