import { describe, expect, it } from "vitest";
import type { Edit, Session, Skip } from "../../kernel/src/index.js";
import { distance, tolerance } from "./closeness.js";
import { departures, expectedRow, observedRow } from "./expectation.js";
import { readEdits, readGolden, type EditGolden, type Values } from "./goldens.js";
import { hostCases } from "./hostCases.js";
import { meshes } from "./meshes.js";
import { observed, returnedLogits, vitrail, withSession } from "./sessions.js";

const { add, capture, edit, keep, mean, patch, projectOnto, projectOut, scale, set, skip, traced, zero } =
  vitrail;

/** The cases of test/oracle/edits.py, as edits of ours; the functions among them tell `calls` where they ran. */
function cases(
  { vector, hidden, heads }: EditGolden,
  donor: Values,
  calls: string[],
  paths: (typeof modules)[keyof typeof modules],
): Record<string, Edit | Skip> {
  const [count, size] = heads.shape as [number, number];
  const one = (head: number) => heads.data.subarray(head * size, (head + 1) * size);
  const twice = vector.map((x) => 2 * x);
  const hosts = Object.entries(hostCases(calls)).map(([label, [selector, f]]) => [label, edit(selector, f)]);
  return {
    ...(Object.fromEntries(hosts) as Record<string, Edit>),
    scale: edit("layers.0.residual.out", scale(1.75)),
    add: edit("layers.0.residual.out", add(vector)),
    addLast: edit("layers.0.residual.out[position=-1]", add(twice)),
    setFirst: edit("layers.0.residual.out[position=0]", set(vector)),
    zeroAttention: edit("layers.1.attention.output", zero()),
    mean: edit("layers.1.attention.output", mean(["position"])),
    meanAll: edit("layers.1.attention.output", mean()),
    meanUnits: edit("layers.0.residual.out", mean(["unit"])),
    meanHeads: edit("layers.1.attention.pattern", mean(["head"])),
    meanKeys: edit("layers.1.attention.pattern", mean(["key"])),
    meanQueries: edit("layers.1.attention.pattern", mean(["query"])),
    keepHead: edit("layers.0.attention.z[head=1]", keep()),
    patched: edit("layers.0.residual.out[position=-2:]", patch(donor)),
    skipped: skip("layers.0"),
    // By the path of its module, which is the last layer's.
    skippedLast: skip(paths.last),
    projectOut: edit("layers.0.residual.out", projectOut(vector)),
    projectOnto: edit("layers.1.attention.output", projectOnto(vector)),
    zeroHead: edit("layers.0.attention.z[head=1]", zero()),
    tracedHidden: edit(
      "layers.1.mlp.hidden",
      traced((x) => x.softmax().mul(x).mul(4)),
    ),
    scaleUnits: edit("layers.1.mlp.hidden[unit=3:9]", scale(-3)),
    tracedUnits: edit(
      "layers.1.mlp.hidden[unit=3:9]",
      traced((x) => x.softmax().mul(16)),
    ),
    addHidden: edit("layers.1.mlp.hidden", add(hidden)),
    setHidden: edit("layers.1.mlp.hidden", set(hidden)),
    setHiddenUnits: edit("layers.1.mlp.hidden[unit=3:9]", set(hidden.subarray(3, 9))),
    projectHidden: edit("layers.1.mlp.hidden", projectOut(hidden)),
    addHead: edit("layers.0.attention.z[head=1]", add(one(1))),
    setHeads: edit("layers.0.attention.z[position=0]", set({ shape: [count, 1, size], data: heads.data })),
    projectHeads: edit("layers.0.attention.z", projectOut(one(0))),
    alongQueries: edit(
      "layers.0.attention.q",
      traced((x) => {
        const length = Math.hypot(...heads.data);
        const direction = x.graph.floats(
          [count, 1, size],
          heads.data.map((each) => each / length),
        );
        return x.mul(direction).sum([1, 3], true).mul(direction).mul(8);
      }),
    ),
    // By its path, a module's units stand by head: what mixes units mixes those of each head, of queries, keys and values.
    softmaxOutput: edit(
      paths.q,
      traced((x) => x.softmax().mul(8)),
    ),
    softmaxInput: edit(
      `${paths.z}.input`,
      traced((x) => x.softmax().mul(8)),
    ),
    meanOfUnits: edit("layers.0.residual.out[unit=3:9]", mean(["unit"])),
  };
}

/** The cases of test/oracle/edits.py that are two of the others at once. */
const together = ["addAndScaleUnits", "skippedBoth"];

/** Where transformers keeps the last layer, what gives the queries, and what reads the heads. */
const modules = {
  opt: {
    last: "model.decoder.layers.2",
    q: "model.decoder.layers.0.self_attn.q_proj",
    z: "model.decoder.layers.0.self_attn.out_proj",
  },
  "llama-grouped": {
    last: "model.layers.2",
    q: "model.layers.0.self_attn.q_proj",
    z: "model.layers.0.self_attn.o_proj",
  },
  gpt2: { last: "transformer.h.1", q: "transformer.h.0.attn.c_attn", z: "transformer.h.0.attn.c_proj" },
};

describe.each(["opt", "llama-grouped", "gpt2"] as const)("edits of %s", (name) => {
  const golden = readGolden(name);
  const rows = golden.rows.map((row) => row.ids);
  const wanted = readEdits(name);
  const calls: string[] = [];
  /** What the rows turned around have at the point that is patched. */
  const donated = (session: Session) =>
    session
      .forward(
        rows.map((row) => [...row].reverse()),
        { hooks: [capture("layers.0.residual.out[position=-2:]")], logits: "none" },
      )
      .then((run) => run.get("layers.0.residual.out"));

  const casesFrom = (donor: Values) => cases(wanted, donor, calls, modules[name]);

  /** Logits of each row under some edits, and lasting hooks if it is said which. */
  async function logits(
    session: Session,
    edits: readonly (Edit | Skip)[],
    choice: { groups?: readonly string[]; complement?: boolean } = {},
  ) {
    const run = returnedLogits(await session.forward(rows, { hooks: edits, ...choice }));
    return rows.map((_, row) => observedRow(run, golden, row));
  }

  /** Each row is the case's, and far from what it is to be told from. */
  function expectCase(found: readonly Values[], label: string, others: readonly (readonly Values[])[]) {
    wanted.cases.get(label)!.forEach((expected, row) => {
      for (const other of others)
        expect(distance(other[row]!, expected), `${label} moves row ${row}`).toBeGreaterThan(1e-2);
      expect(distance(found[row]!, expected), `${label} row ${row}`).toBeLessThanOrEqual(tolerance(expected));
    });
  }

  it("are the cases that PyTorch was asked about", () => {
    const ours = casesFrom({ shape: [1], data: new Float32Array(1) });
    expect([...Object.keys(ours), ...together].sort()).toEqual([...wanted.cases.keys()].sort());
  });

  it.each(Object.entries(meshes))("give what PyTorch's hooks give (%s)", async (_, options) => {
    await withSession(golden.folder, options, async (session) => {
      const bare = await logits(session, []);
      const ours = casesFrom(await donated(session));
      for (const [label, change] of Object.entries(ours)) {
        calls.length = 0;
        const edited = await logits(session, [change]);
        const isHost = label.startsWith("host");
        expect(calls, `${label} runs once, whatever the mesh`).toEqual(
          isHost ? [change.selector.replace(/\[.*/, "")] : [],
        );
        expectCase(edited, label, [bare]);
      }
      // Nothing of an edit outlives its run.
      const after = await logits(session, []);
      after.forEach((row, i) => expect(distance(row, bare[i]!)).toBe(0));
    });
  });

  it.each(Object.entries(meshes))("act by groups as PyTorch's hooks do (%s)", async (_, options) => {
    await withSession(golden.folder, options, async (session) => {
      const bare = await logits(session, []);
      const { add: steer, scaleUnits } = casesFrom({ shape: [1], data: new Float32Array(1) });
      const [first, second] = ["add", "scaleUnits"].map((label) => wanted.cases.get(label)!);
      session.hooks.add(steer!, { groups: ["steer"], name: "vector" });
      const units = session.hooks.add(scaleUnits!, { groups: ["units", "late"] });
      const both = async (choice = {}) =>
        expectCase(await logits(session, [], choice), "addAndScaleUnits", [bare, first!, second!]);
      const onlyFirst = async (choice = {}) =>
        expectCase(await logits(session, [], choice), "add", [bare, second!]);
      const onlySecond = async (choice = {}) =>
        expectCase(await logits(session, [], choice), "scaleUnits", [bare, first!]);
      const none = async (choice = {}) =>
        (await logits(session, [], choice)).forEach((row, i) => expect(distance(row, bare[i]!)).toBe(0));

      await both();
      await both({ groups: ["steer", "late"] });
      await onlyFirst({ groups: ["steer"] });
      await onlySecond({ groups: ["units", "late"] });
      await onlySecond({ groups: ["steer"], complement: true });
      await onlyFirst({ groups: ["late"], complement: true });
      await none({ groups: [] });
      await none({ groups: ["steer", "units"], complement: true });
      await both({ groups: [], complement: true });

      session.hooks.disable("steer");
      await onlySecond();
      await none({ groups: ["steer"] });
      units.disable();
      await none();
      session.hooks.enable("vector");
      await onlyFirst();
      session.hooks.enable("late");
      await both();
      session.hooks.clear();
      await none();
    });
  });

  it.each(Object.entries(meshes))(
    "under a slice read the whole value if they are traced, and the part if they run here (%s)",
    async (_, options) => {
      await withSession(golden.folder, options, async (session) => {
        const selector = "layers.1.mlp.hidden[unit=3:9]";
        const sum = (x: Float32Array) => x.reduce((a, b) => a + b, 0);
        const shapes: (readonly number[])[] = [];
        const [units, bare] = [6, await logits(session, [])];
        const here = edit(selector, ({ data, shape }) => {
          shapes.push(shape);
          return data.map((_, i) => {
            const start = i - (i % units);
            const powers = data.subarray(start, start + units).map(Math.exp);
            return (16 * powers[i % units]!) / sum(powers);
          });
        });
        const ofPart = await logits(session, [here]);
        expect(shapes).toEqual([[rows.length, Math.max(...rows.map((row) => row.length)), units]]);
        const { tracedUnits } = casesFrom({ shape: [1], data: new Float32Array(1) });
        expectCase(await logits(session, [tracedUnits!]), "tracedUnits", [bare, ofPart]);
      });
    },
  );

  it.each(Object.entries(meshes))("leave out what a run is told to (%s)", async (_, options) => {
    await withSession(golden.folder, options, async (session) => {
      const bare = await logits(session, []);
      const others = ["skipped", "skippedLast"].map((label) => wanted.cases.get(label)!);
      const end = `layers.${golden.layers - 1}`;
      expectCase(await logits(session, [skip("layers.0"), skip(end)]), "skippedBoth", [bare, ...others]);
      const lasting = session.hooks.add(skip(end), { groups: ["short"] });
      expectCase(await logits(session, []), "skippedLast", [bare]);
      expectCase(
        await logits(session, [skip("layers.0")], { groups: ["short"], complement: true }),
        "skipped",
        [bare],
      );
      expectCase(await logits(session, [skip("layers.0")]), "skippedBoth", [bare, ...others]);
      lasting.remove();

      // The next layer reads what the skipped one would have read.
      const read = await session.forward(rows, {
        hooks: [skip("layers.0"), capture("layers.1.residual.in")],
      });
      for (const [row] of rows.entries()) {
        const expected = expectedRow(golden, "layers.0.residual.in", row);
        const found = observedRow(observed(read).get("layers.1.residual.in")!, golden, row);
        expect(distance(found, expected)).toBeLessThanOrEqual(tolerance(expected));
        expect(distance(expectedRow(golden, "layers.1.residual.in", row), expected)).toBeGreaterThan(1e-2);
      }
    });
  });

  it.each(Object.entries(meshes))("stop where a run is told to (%s)", async (_, options) => {
    await withSession(golden.folder, options, async (session) => {
      const names = session.hookPoints().map((point) => point.name);
      for (const stopAfter of [
        "embedding",
        "layers.0",
        "layers.1.attention.pattern",
        "layers.1.mlp.hidden",
        "norm",
      ]) {
        const last = names.indexOf(/^layers\.\d+$/.test(stopAfter) ? `${stopAfter}.residual.out` : stopAfter);
        const hooks = names.slice(0, last + 1).map((point) => capture(point));
        const run = await session.forward(rows, { hooks, stopAfter });
        expect(run.logits).toBeUndefined();
        expect([...run.captures.keys()], stopAfter).toEqual(names.slice(0, last + 1));
        expect(departures(golden, observed(run)), stopAfter).toEqual([]);
        await expect(
          session.forward(rows, { hooks: [capture(names[last + 1]!)], stopAfter }),
        ).rejects.toThrow(`does not fire: the run stops after ${stopAfter}`);
      }
      // What is edited on the way is edited there too: the layer's output, by the vector.
      const hooks = [edit("layers.0.residual.out", add(wanted.vector)), capture("layers.0.residual.out")];
      const run = observed(await session.forward(rows, { hooks, stopAfter: "layers.0" }));
      for (const [row] of rows.entries()) {
        const plain = expectedRow(golden, "layers.0.residual.out", row);
        const data = plain.data.map((x, i) => x + wanted.vector[i % wanted.vector.length]!);
        const expected = { shape: plain.shape, data };
        expect(distance(plain, expected)).toBeGreaterThan(1e-2);
        expect(
          distance(observedRow(run.get("layers.0.residual.out")!, golden, row), expected),
        ).toBeLessThanOrEqual(tolerance(plain));
      }
    });
  });

  it.each(["one process", "tensor 2", "data 2"] as const)(
    "traced functions that ask what is padding give each row what it has alone (%s)",
    async (mesh) => {
      await withSession(golden.folder, meshes[mesh], async (session) => {
        const centred = traced((x, { valid }) =>
          x.sub(
            x
              .mul(valid)
              .sum([1], true)
              .div(valid.sum([1], true))
              .mul(0.5),
          ),
        );
        const careless = traced((x) => x.sub(x.mean([1], true).mul(0.5)));
        const [own, bare] = [
          await logits(session, [edit("layers.0.residual.out", centred)]),
          await logits(session, []),
        ];
        const shorter = rows.findIndex((row) => row.length < Math.max(...rows.map((each) => each.length)));
        for (const [index, row] of rows.entries()) {
          const run = await session.forward([row], { hooks: [edit("layers.0.residual.out", careless)] });
          const alone = returnedLogits(run);
          const expected = { shape: alone.shape.slice(1), data: alone.data };
          expect(distance(own[index]!, expected)).toBeLessThanOrEqual(tolerance(expected));
          expect(distance(bare[index]!, expected)).toBeGreaterThan(1e-2);
        }
        const counted = await logits(session, [edit("layers.0.residual.out", careless)]);
        expect(distance(counted[shorter]!, own[shorter]!)).toBeGreaterThan(1e-2);
      });
    },
  );

  it("act on chosen rows only, with a tensor that has those rows", async () => {
    await withSession(golden.folder, { devices: 2, mesh: { tensor: 2 } }, async (session) => {
      const bare = await logits(session, []);
      const selector = "layers.0.residual.out[batch=1|2, position=-2:]";
      const other = rows.map((row) => [...row].reverse());
      const donor = (await session.forward(other, { hooks: [capture(selector)] })).get(
        "layers.0.residual.out",
      );
      const edited = await logits(session, [edit(selector, patch(donor))]);
      expect(distance(edited[0]!, bare[0]!)).toBe(0);
      for (const row of [1, 2]) {
        const expected = wanted.cases.get("patched")![row]!;
        expect(distance(edited[row]!, expected)).toBeLessThanOrEqual(tolerance(expected));
      }
    });
  });

  it("an edit that changes nothing changes no bit", async () => {
    await withSession(golden.folder, {}, async (session) => {
      const bare = await logits(session, []);
      const idle = await logits(session, [edit("layers.0.residual.out", scale(1)), edit("*", keep())]);
      idle.forEach((row, i) => expect(distance(row, bare[i]!)).toBe(0));
    });
  });

  it("that change nothing have a value before and after them all the same", async () => {
    await withSession(golden.folder, {}, async (session) => {
      const point = "layers.0.residual.out";
      const same = traced((x) => x);
      for (const change of [keep(), same]) {
        const hooks = [edit(point, change), capture(point, { when: "before" }), capture(point)];
        const run = await session.forward(rows, { hooks });
        expect(run.get(`${point}@before`).data).toEqual(run.get(point).data);
      }
    });
  });

  it("act in the order given, and captures say before or after", async () => {
    await withSession(golden.folder, {}, async (session) => {
      const point = "layers.0.residual.out";
      const one = edit(point, add(wanted.vector));
      const two = edit(point, scale(2));
      const run = await session.forward(rows, {
        hooks: [one, two, capture(point), capture(point, { when: "before" })],
      });
      const before = run.get(`${point}@before`).data;
      const after = run.get(point).data;
      const units = wanted.vector.length;
      after.forEach((x, i) => expect(x).toBeCloseTo(2 * (before[i]! + wanted.vector[i % units]!), 4));
      const first = { shape: [rows[0]!.length, units], data: before.subarray(0, rows[0]!.length * units) };
      const expected = golden.rows[0]!.points.get(point)!;
      expect(distance(first, expected)).toBeLessThanOrEqual(tolerance(expected));
      const turned = await session.forward(rows, { hooks: [two, one, capture(point)] });
      expect(distance({ shape: run.get(point).shape, data: after }, turned.get(point))).toBeGreaterThan(0.1);
    });
  });

  it("patch what another run captured, at chosen heads and positions", async () => {
    await withSession(golden.folder, { devices: 2, mesh: { tensor: 2 } }, async (session) => {
      const selector = "layers.0.attention.z[head=1|2, position=-2:]";
      const other = rows.map((row) => [...row].reverse());
      const donor = (await session.forward(other, { hooks: [capture(selector)] })).get(
        "layers.0.attention.z",
      );
      const patched = await session.forward(rows, {
        hooks: [edit(selector, patch(donor)), capture("layers.0.attention.z[position=-2:]")],
      });
      const got = patched.get("layers.0.attention.z");
      const [batch, heads, positions, size] = got.shape as [number, number, number, number];
      for (let b = 0; b < batch; b++) {
        for (const [i, head] of [1, 2].entries()) {
          const from = (b * 2 + i) * positions * size;
          const to = (b * heads + head) * positions * size;
          expect(got.data.subarray(to, to + positions * size)).toEqual(
            donor.data.subarray(from, from + positions * size),
          );
        }
      }
    });
  });
});

describe("an edit that cannot be is refused in one line, before anything runs", () => {
  const golden = readGolden("opt");
  it("names what does not fit, and the session goes on", async () => {
    await withSession(golden.folder, {}, async (session) => {
      const rows = [golden.rows[0]!.ids];
      const point = "layers.0.residual.out";
      const refused: [Edit, string | RegExp][] = [
        [edit("layers.0.residual.outt", zero()), `nearest is ${point}`],
        [
          edit(point, add([1, 2, 3])),
          `tensor of shape [3] at ${point} [batch, position, unit 40], between layers.0.mlp.output and layers.1.residual.in: the selected part is [1, 9, 40]`,
        ],
        [edit(point, projectOut([1, 2])), `direction of 2 units at ${point}`],
        [
          edit(modules.opt.q, projectOut(new Float32Array(40).fill(1))),
          "direction of 40 units at layers.0.attention.q [batch, head 4, position, unit 10], between layers.0.attention.v.in and layers.0.attention.k: its last axis has 10: heads have an axis of their own here",
        ],
        [
          edit(point, mean(["head"])),
          `mean over "head", which is no axis of ${point} [batch, position, unit 40], between`,
        ],
        [
          edit(
            point,
            traced((x) => x.sum([2])),
          ),
          /^traced function at layers\.0\.residual\.out \[batch, position, unit 40\], between .*, returns f32 \[batch, position\]: it must be f32 \[batch, position, 40\]$/,
        ],
        [
          edit(
            point,
            traced((x) => x.reshape(3)),
          ),
          "they hold different numbers of elements",
        ],
      ];
      for (const [change, message] of refused) {
        await expect(session.forward(rows, { hooks: [change] })).rejects.toThrow(message);
      }
      expect(() => projectOut([0, 0])).toThrow("needs one axis and a length above 0");
      expect(() => scale(Number.NaN)).toThrow("must be a finite number");
      await session.forward(rows);
    });
  });
});
