import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Session, WholeTensor } from "../../kernel/src/index.js";
import { distance, tolerance } from "./closeness.js";
import { readGolden, readLastLogits } from "./goldens.js";
import { meshes } from "./meshes.js";
import { firstLogits, runtime, vitrail, withSession } from "./sessions.js";

/** The change of test/oracle/parameter_edits.py. */
const wave = ({ shape, data }: WholeTensor) => ({
  shape,
  data: data.map((x, i) => x + 0.3 * Math.sin(0.7 * i)),
});

/** Files that this process keeps for workers. */
const kept = () =>
  readdirSync(existsSync("/dev/shm") ? "/dev/shm" : runtime, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.includes(`vitrail-${process.pid}-`) && path.endsWith(".f32"),
  );

describe.each(["opt", "llama-grouped", "gpt2", "gpt-neox"])("parameters of %s", (name) => {
  const golden = readGolden(name);
  const rows = golden.rows.map((row) => row.ids);
  const wanted = readLastLogits("parameters", name);
  const [anyLogits] = [...wanted.values()];
  const logits = async (session: Session) =>
    firstLogits(await session.forward(rows, { logits: "last" }), anyLogits!);

  it.each(Object.entries(meshes))("are read and edited whole, as in PyTorch (%s)", async (_, options) => {
    await withSession(golden.folder, options, async (session) => {
      const bare = await logits(session);
      for (const [parameter, expected] of wanted) {
        await session.editParameter(parameter, wave);
        expect(session.editedParameters).toEqual([parameter]);
        expect(distance(bare, expected), `${parameter} moves the logits`).toBeGreaterThan(1e-2);
        expect(distance(await logits(session), expected), parameter).toBeLessThanOrEqual(tolerance(expected));
        session.restoreParameter(parameter);
      }
      expect(distance(await logits(session), bare)).toBe(0);
      expect(kept()).toEqual([]);
    });
  });
});

describe("an edited parameter", () => {
  const golden = readGolden("opt");
  const rows = golden.rows.map((row) => row.ids);
  const fc1 = "model.decoder.layers.1.fc1.weight";
  const words = "model.decoder.embed_tokens.weight";

  it("is what generation reads, at every step, and what provenance tells", async () => {
    await withSession(golden.folder, { devices: 2, mesh: { tensor: 2 } }, async (session) => {
      const hooks = [vitrail.capture("logits")];
      const [prompt, forced] = [[rows[0]!], [[5, 6, 7]]];
      const generated = async () => {
        const { steps, provenance } = await session.generate(prompt, { forced, hooks });
        return { last: steps[2]!.get("logits"), provenance };
      };
      const bare = await generated();
      expect(bare.provenance.edited).toBeUndefined();
      await session.editParameter(fc1, wave);
      const edited = await generated();
      expect(edited.provenance.edited).toEqual([expect.stringMatching(/fc1\.weight sha256:[0-9a-f]{64}$/)]);
      const whole = await session.forward([[...rows[0]!, 5, 6]], { logits: "last" });
      expect(whole.provenance.edited).toEqual(edited.provenance.edited);
      expect(distance(edited.last, whole.logits!)).toBeLessThan(1e-4);
      expect(distance(edited.last, bare.last)).toBeGreaterThan(1e-2);
    });
  });

  it("is edited for one client of a session alone, until it goes", async () => {
    await withSession(golden.folder, {}, async (one) => {
      const other = await vitrail.Session.open(golden.folder, { name: one.name, quiet: true });
      const run = async (session: Session) => (await session.forward(rows, { logits: "last" })).logits!;
      const bare = await run(one);
      await one.editParameter(words, wave);
      await one.editParameter(fc1, (whole) => Promise.resolve(wave(whole)));
      await one.editParameter(
        fc1,
        Float32Array.from((await one.parameter(fc1)).data, (x) => x / 2),
      );
      expect(one.editedParameters).toEqual([words, fc1]);
      expect(one.parameters("*.fc1.weight").filter(({ isEdited }) => isEdited)).toHaveLength(1);
      expect(other.editedParameters).toEqual([]);
      expect(distance(await run(one), bare)).toBeGreaterThan(1e-2);
      expect(distance(await run(other), bare)).toBe(0);
      expect(distance(await run(one), bare)).toBeGreaterThan(1e-2);

      // The head is tied: reading it by its own name gives what was made of the embedding.
      const head = await one.parameter("lm_head.weight");
      const table = await other.parameter(words);
      expect(head).toMatchObject({ name: words, isEdited: true, stored: "f32" });
      expect(head.data).toEqual(Float32Array.from(wave(table).data));

      expect(kept()).toHaveLength(2);
      one.restoreParameters();
      expect(kept()).toEqual([]);
      expect(distance(await run(one), bare)).toBe(0);
      await other.editParameter(fc1, wave);
      other.detach();
      expect(kept()).toEqual([]);
    });
  });

  it("is refused in one line when it cannot be, and nothing changes", async () => {
    await withSession(golden.folder, {}, async (session) => {
      await expect(session.parameter("model.decoder.layers.1.fc1.weigth")).rejects.toThrow(
        `no parameter "model.decoder.layers.1.fc1.weigth": nearest are ${fc1} [96, 40], `,
      );
      const data = new Float32Array(3840);
      const refused: [Parameters<Session["editParameter"]>[1], string][] = [
        [[1, 2, 3], `parameter "${fc1}" is [96, 40]: given 3 numbers, not 3840`],
        [{ shape: [40, 96], data }, "given a tensor of shape [40, 96]"],
        [
          () => ({ shape: [96, 40], data: data.fill(NaN) }),
          "given NaN at entry 0, which is no finite number",
        ],
        [(() => undefined) as never, "given undefined"],
      ];
      for (const [change, message] of refused)
        await expect(session.editParameter(fc1, change)).rejects.toThrow(message);
      expect(() => session.restoreParameter(fc1)).toThrow(`"${fc1}" is not edited: edited are none`);
      expect(session.editedParameters).toEqual([]);
      expect(() => session.parameters("nothing.*")).toThrow('no parameter "nothing.*": nearest is ');
    });
  });
});
