import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openModel } from "../models/model.js";
import { alone } from "./collectives/collectives.js";
import { entriesOf } from "./parcel/entries.js";
import { takeParcel } from "./parcel/reader.js";
import { Rank } from "./rank.js";
import { onnxruntime, type Runtime } from "./runtime/runtime.js";
import type { ForwardStep, Load } from "./wire/messages.js";
import { requestsText } from "./wire/requests.js";

const folder = fileURLToPath(new URL("../../../test/goldens/checkpoints/opt", import.meta.url));

test("what was loaded for an edited weight is released when the edit is over, and nothing else is", async () => {
  const place = mkdtempSync(join(tmpdir(), "variants-"));
  const real = onnxruntime({ threads: 1, spin: false, shared: false });
  let held = 0;
  const counting: Runtime = {
    ...real,
    load: async (...asked) => {
      const executable = await real.load(...asked);
      held++;
      return {
        run: (...fed) => executable.run(...fed),
        release: async () => {
          held--;
          await executable.release();
        },
      };
    },
  };
  const { checkpoint, dimensions, parameters } = await openModel(folder);
  const whole = { rank: 0, size: 1 };
  const load: Load = {
    rank: 0,
    folder,
    fingerprint: checkpoint.fingerprint,
    stage: {
      layers: { from: 0, to: dimensions.layers },
      embeds: true,
      unembeds: true,
      tensor: whole,
      data: whole,
    },
    device: "cpu",
    weights: "pack",
    spare: 2 ** 30,
    threads: 1,
    spin: false,
    meetings: { tensor: { kind: "alone" }, data: { kind: "alone" } },
    parcels: place,
    overflow: place,
  };
  const rank = await Rank.open(load, counting, { tensor: alone, data: alone }, () => {});
  let id = 0;
  const logits = async (more: Partial<ForwardStep>) => {
    const step: ForwardStep = {
      rows: [[2, 5, 9]],
      select: "all",
      requests: requestsText([{ key: "logits", point: "logits", slices: [] }]),
      edits: [],
      ...more,
    };
    const { parcel } = await rank.run({
      id: ++id,
      step,
      carried: [],
      hands: [],
      waits: false,
      meets: false,
      cancelled: () => false,
      handOut: () => Promise.reject(new Error("no host edit here")),
    });
    expect(entriesOf(parcel!)).toHaveLength(1);
    return (await takeParcel(parcel!)).get("logits")!.data;
  };
  try {
    const bare = held;
    const before = await logits({});
    const zero: ForwardStep["edits"][number] = {
      key: "e0",
      point: "layers.1.mlp.output",
      slices: [],
      intervention: { kind: "zero" },
    };
    const edited = await logits({ edits: [zero] });
    const withEdit = held;
    expect(withEdit).toBeGreaterThan(bare);
    const name = "model.decoder.layers.0.fc1.weight";
    const bytes = parameters.get(name)!.shape.reduce((a, b) => a * b) * 4;
    // As an endless notebook does: edit, run, restore.
    for (let round = 0; round < 3; round++) {
      const file = join(place, `${round}`.repeat(24));
      writeFileSync(file, Buffer.alloc(bytes));
      const changed = await logits({ weights: [{ name, file }] });
      expect(changed).not.toEqual(before);
      expect(await logits({ weights: [{ name, file }] })).toEqual(changed);
      expect(held).toBe(withEdit + 1);
      rmSync(file);
      expect(await logits({})).toEqual(before);
      expect(held).toBe(withEdit);
    }
    expect(await logits({ edits: [zero] })).toEqual(edited);
    expect(held).toBe(withEdit);
  } finally {
    rmSync(place, { recursive: true });
  }
});
