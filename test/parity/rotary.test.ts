import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { distance, tolerance } from "./closeness.js";
import { readTensors } from "./goldens.js";
import type { Values } from "./goldens.js";
import { withSession } from "./sessions.js";

interface About {
  readonly checkpoint: string;
  readonly changes: Record<string, unknown>;
  readonly ids: readonly number[];
  readonly positions: readonly number[];
}

const goldens = join(import.meta.dirname, "../goldens");
const about = JSON.parse(readFileSync(join(goldens, "rotary", "logits.json"), "utf8")) as Record<
  string,
  About
>;
const logits = readTensors("rotary", "logits");
const scratch = mkdtempSync(join(tmpdir(), "vitrail-rotary-"));
afterAll(() => rmSync(scratch, { recursive: true }));

async function logitsAt(folder: string, { ids, positions }: About): Promise<Values> {
  return withSession(folder, {}, async (session) => {
    const run = await session.forward([ids], { logits: [positions] });
    return { shape: run.logits!.shape.slice(1), data: run.logits!.data as Float32Array };
  });
}

/** Checkpoints whose configs ask for YaRN, below and above the length that it starts from, against transformers. */
describe.each(Object.keys(about))("YaRN of %s", (name) => {
  const golden = about[name]!;
  const published = join(goldens, "checkpoints", golden.checkpoint);
  const expected = logits.get(name)!;

  it("gives transformers' logits, which are not those of the config without it", async () => {
    const folder = join(scratch, name.replaceAll(/\W+/g, "-"));
    cpSync(published, folder, { recursive: true });
    const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as object;
    writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, ...golden.changes }));
    expect(distance(await logitsAt(folder, golden), expected)).toBeLessThanOrEqual(tolerance(expected));

    const plain = await logitsAt(published, golden);
    const tokens = expected.shape[1]!;
    golden.positions.forEach((position, i) => {
      const row = ({ data }: Values) => ({
        shape: [tokens],
        data: data.subarray(i * tokens, (i + 1) * tokens),
      });
      expect(distance(row(plain), row(expected)), `position ${position}`).toBeGreaterThan(0.01);
    });
  });
});
