import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { edit, scale } from "../../hooks/index.js";
import { Session } from "../session.js";
import { opt, ownRuntime, quiet, rows } from "../sessions.fixture.js";

ownRuntime();

test("numbers of a checkpoint that was written anew, or removed, are refused and not mixed with those that are loaded", async () => {
  const folder = mkdtempSync(join(tmpdir(), "changed-"));
  const weights = join(folder, "model.safetensors");
  cpSync(opt, folder, { recursive: true });
  const session = await Session.open(folder, { ...quiet, name: "changed" });
  const name = "model.decoder.layers.0.fc1.weight";
  const doubled = edit("layers.0.mlp.output", scale(2));
  const before = await session.forward(rows);
  const edited = await session.forward(rows, { hooks: [doubled] });
  const bytes = readFileSync(weights);
  const refused = async (what: string) => {
    const line = new RegExp(
      `^(rank 0: )?${folder}: its files of weights ${what} since it was opened: close the session, and open it again$`,
    );
    await expect(session.parameter(name)).rejects.toThrow(line);
    await expect(session.editParameter(name, (whole) => whole)).rejects.toThrow(line);
    const other = edit("layers.1.mlp.output", scale(2));
    await expect(session.forward(rows, { hooks: [other] })).rejects.toThrow(line);
    // What is loaded stays what it was.
    expect((await session.forward(rows)).logits).toEqual(before.logits);
    expect((await session.forward(rows, { hooks: [doubled] })).logits).toEqual(edited.logits);
  };
  try {
    // In one step, as savers and downloads do: whoever has the old file open keeps it.
    writeFileSync(`${weights}.new`, bytes.fill(1, bytes.length / 2));
    renameSync(`${weights}.new`, weights);
    await refused("have been written anew");
    rmSync(weights);
    await refused("cannot be read any more \\(ENOENT: [^\\n]*\\)");
  } finally {
    await session.close();
    rmSync(folder, { recursive: true });
  }
});

test.each(["map", "pack"] as const)(
  "numbers of a checkpoint that was written in place are refused, whose loaded weights changed (%s)",
  async (weights) => {
    const folder = mkdtempSync(join(tmpdir(), "in-place-"));
    const file = join(folder, "model.safetensors");
    cpSync(opt, folder, { recursive: true });
    const session = await Session.open(folder, { ...quiet, name: `in-place-${weights}`, weights });
    try {
      expect((await session.forward(rows)).logits).toBeDefined();
      const size = statSync(file).size;
      const handle = openSync(file, "r+");
      writeSync(handle, new Uint8Array(size / 2), 0, size / 2, size / 2);
      closeSync(handle);
      await expect(session.forward(rows)).rejects.toThrow(
        `${folder}: ${file} was written, or touched, while the session had it loaded, whose weights change with it: close the session, and open it again`,
      );
    } finally {
      await session.close();
      rmSync(folder, { recursive: true });
    }
  },
);
