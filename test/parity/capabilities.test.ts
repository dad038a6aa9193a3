import { describe, expect, it } from "vitest";
import type { Session } from "../../kernel/src/index.js";
import { distance } from "./closeness.js";
import { relative } from "./differentiating.js";
import { readGolden, type Values } from "./goldens.js";
import { meshes } from "./meshes.js";
import { returnedLogits, vitrail, withSession } from "./sessions.js";

const { edit, scale, traced } = vitrail;

const models = ["opt", "llama-grouped", "gpt2", "gpt-neox"];

describe.each(models)("every hook point of %s", (name) => {
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

  it.each(["one process", "pipeline 2 × tensor 2"] as const)(
    "can be edited if it is said to be (%s)",
    async (mesh) => {
      await withSession(golden.folder, meshes[mesh], async (session) => {
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
    },
  );
});

describe.each(models)("capabilities of %s", (name) => {
  const golden = readGolden(name);
  const rows = golden.rows.slice(0, 2).map((row) => row.ids);
  const ask = (session: Session, at: readonly string[], parameters: string | readonly string[] = []) =>
    session.backward(rows, { loss: ({ logits }) => logits.mul(logits).mean([0, 1, 2]), at, parameters });

  it("are what backward gives on every mesh, and what it refuses", async () => {
    let first: ReadonlyMap<string, Values> | undefined;
    const several = Object.entries(meshes).filter(([mesh]) => mesh !== "one process");
    for (const [mesh, options] of several)
      await withSession(golden.folder, options, async (session) => {
        const { points, parameters, mesh: printed } = session.capabilities();
        expect(printed).toContain(mesh);
        expect(points.map((point) => point.name)).toEqual(session.hookPoints().map((point) => point.name));
        expect(parameters.map((each) => each.name)).toEqual(session.parameters().map((each) => each.name));
        expect(parameters.every(({ differentiate }) => differentiate)).toBe(true);
        const can = points.filter(({ differentiate }) => differentiate).map((point) => point.name);
        expect(can).toContain("layers.0.attention.pattern");
        const found = await ask(session, can, "*");
        expect([...found.gradients.keys()].toSorted()).toEqual(can.toSorted());
        expect([...found.parameters.keys()].toSorted()).toEqual(
          parameters.map((each) => each.name).toSorted(),
        );
        const all = new Map<string, Values>([...found.gradients, ...found.parameters]);
        first ??= all;
        for (const [key, value] of first) {
          // The gradient of a bias of keys is zero but for rounding: it shifts all scores of a query alike.
          const isNothing = value.data.every((x) => Math.abs(x) < 1e-6);
          if (!isNothing) expect(relative(all.get(key)!, value), `${key}, ${mesh}`).toBeLessThan(1e-3);
        }
        // What is refused is so before anything runs, and knows of no mesh.
        if (all === first)
          for (const { name: other, differentiate } of points)
            if (!differentiate)
              await expect(ask(session, [other])).rejects.toThrow(`no gradient reaches ${other}`);
      });
  });
});

describe.each(["opt", "llama-grouped"])("capabilities of a quantised %s", (name) => {
  it("tell which parameters have no gradient", async () => {
    const golden = readGolden(name);
    await withSession(golden.folder, { quantise: "int8" }, async (session) => {
      const { parameters } = session.capabilities();
      const namesOf = (can: boolean) =>
        parameters.filter(({ differentiate }) => differentiate === can).map((each) => each.name);
      const held = session.parameters().filter(({ stored }) => stored === "i8");
      expect(namesOf(false)).toEqual(held.map((each) => each.name));
      expect(held.length).toBeGreaterThan(0);
      const ask = (names: readonly string[]) =>
        session.backward([golden.rows[0]!.ids], {
          loss: ({ logits }) => logits.mul(logits).mean([0, 1, 2]),
          parameters: names,
        });
      const found = await ask(namesOf(true));
      expect([...found.parameters.keys()].toSorted()).toEqual(namesOf(true).toSorted());
      for (const other of namesOf(false)) await expect(ask([other])).rejects.toThrow("which is quantised");
    });
  });
});
