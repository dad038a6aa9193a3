import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { attachedDescendants } from "./descendants.js";

test("children and their children are found, detached ones are not", async () => {
  const attached = spawn("sh", ["-c", "sleep 20 & echo $!; wait"], { stdio: ["ignore", "pipe", "ignore"] });
  const detached = spawn("sleep", ["20"], { detached: true, stdio: "ignore" });
  try {
    const [line] = (await once(attached.stdout, "data")) as [Buffer];
    const grandchild = Number(line.toString());
    const found = attachedDescendants(process.pid);
    expect(found).toContain(attached.pid);
    expect(found).toContain(grandchild);
    expect(found).not.toContain(detached.pid);
    process.kill(grandchild, "SIGKILL");
  } finally {
    attached.kill("SIGKILL");
    detached.kill("SIGKILL");
  }
});
