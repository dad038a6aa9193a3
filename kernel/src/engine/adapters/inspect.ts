import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { program } from "../launch/program.js";
import { adapter, type Adapter } from "./adapter.js";

const answer = z.union([
  z.strictObject({ adapters: z.array(adapter) }),
  z.strictObject({ error: z.string() }),
]);

/**
 * What this system's Vulkan loader lists, asked in a process of its own: drivers start threads, and may fall. Undefined where there
 * is no Vulkan to choose by, which is everywhere but on Linux. Throws one line where nothing can be listed.
 */
export function inspectAdapters(): Adapter[] | undefined {
  if (process.platform !== "linux") return undefined;
  const lister = fileURLToPath(program(new URL("./list.js", import.meta.url)));
  const asked = spawnSync(process.execPath, [lister], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    encoding: "utf8",
    timeout: 30_000,
  });
  if (asked.status !== 0)
    throw new Error(
      `Vulkan's drivers cannot be asked for adapters: listing them ended with ${asked.signal ?? asked.error?.message ?? `code ${asked.status}`}`,
    );
  const said = answer.parse(JSON.parse(asked.output[3] ?? ""));
  if ("error" in said) throw new Error(said.error);
  return said.adapters;
}
