/**
 * Every figure and table of the three studies: `npm run paper [-- --out FOLDER]`, by default into notebooks/paper/out. Executes the
 * notebooks of this folder, which train their small models on first use, and writes `manifest.json`: the hash of every file. A
 * second run gives equal bytes.
 */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { main, perform } from "../../kernel/setup/command.mjs";
import { environment } from "../../kernel/setup/place.mjs";
import { prepare } from "../../kernel/setup/prepare.mjs";

const here = dirname(fileURLToPath(import.meta.url));

await main(async () => {
  const { values } = parseArgs({ options: { out: { type: "string", default: join(here, "out") } } });
  const out = resolve(values.out);
  await prepare();
  mkdirSync(out, { recursive: true });
  process.env["VITRAIL_PAPER"] = out;
  // The notebooks are kept without outputs: what they become lies elsewhere.
  const executed = mkdtempSync(join(tmpdir(), "vitrail-paper-"));
  try {
    for (const name of readdirSync(here)
      .filter((file) => file.endsWith(".ipynb"))
      .sort())
      perform(`executing ${name}`, join(environment, "bin", "jupyter"), [
        "execute",
        "--timeout=-1",
        `--output=${join(executed, name)}`,
        join(here, name),
      ]);
  } finally {
    rmSync(executed, { recursive: true });
  }
  const files = readdirSync(out)
    .filter((file) => file !== "manifest.json")
    .sort()
    .map((file) => [
      file,
      createHash("sha256")
        .update(readFileSync(join(out, file)))
        .digest("hex"),
    ]);
  writeFileSync(join(out, "manifest.json"), `${JSON.stringify(Object.fromEntries(files), null, 1)}\n`);
  console.log(`${files.length} files in ${out}`);
});
