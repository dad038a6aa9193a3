import { rmSync } from "node:fs";
import { join } from "node:path";
import { state } from "./place.mjs";
import { contentHash, unlessDone } from "./stamp.mjs";

/** Makes the demo checkpoint, anew when what makes it has changed. */
export async function makeDemo() {
  /** @type {{ demoCheckpoint(): string }} */
  const { demoCheckpoint } = await import("../dist/models/demo/find.js");
  const made = contentHash(["kernel/src/models/demo", "kernel/src/models/checkpoint/writeSafetensors.ts"]);
  const folder = join(state, "checkpoints", "demo");
  unlessDone(`${folder}.stamp`, made, () => rmSync(folder, { recursive: true, force: true }));
  demoCheckpoint();
}
