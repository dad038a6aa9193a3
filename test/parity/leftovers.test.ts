import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readGolden } from "./goldens.js";
import { forwardWithAll, meshes, runtime, withSession } from "./sessions.js";

const segments = () => readdirSync("/dev/shm").filter((name) => name.startsWith("vitrail"));
const sockets = () =>
  readFileSync("/proc/net/unix", "utf8")
    .split("\n")
    .map((line) => line.split(" ").at(-1)!)
    .filter((path) => path.startsWith(runtime));
const alive = (pid: number) => existsSync(`/proc/${pid}`);

async function until(condition: () => boolean): Promise<boolean> {
  const end = Date.now() + 10_000;
  while (!condition() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  return condition();
}

/** What a closed session leaves on the machine: nothing. Read from /proc, so Linux only. */
describe.skipIf(process.platform !== "linux")("after a session is closed", () => {
  const golden = readGolden("opt");

  it.each([
    ...meshes.map((m) => ({ ...m, collectives: "auto" as const })),
    { ...meshes[1], name: "tensor 2 over sockets", collectives: "socket" as const },
    { devices: 4, mesh: { data: 2, tensor: 2 }, name: "data 2 × tensor 2", collectives: "auto" as const },
  ])("no process, shared memory or socket is left ($name)", async ({ devices, mesh, collectives }) => {
    const before = { segments: segments(), sockets: sockets() };
    let pids: number[] = [];
    let opened: string[] = [];
    await withSession(golden.folder, { devices, mesh, collectives }, async (session) => {
      await forwardWithAll(session, [golden.rows[0]!.ids]);
      const status = await session.status();
      pids = [status.pid, ...status.ranks.map((rank) => rank.pid!)];
      expect(pids.every(alive)).toBe(true);
      opened = sockets().filter((path) => !before.sockets.includes(path));
      expect(opened.length).toBeGreaterThan(0);
    });
    expect(await until(() => !pids.some(alive)), `of ${pids.join()} some live on`).toBe(true);
    expect(segments().filter((name) => !before.segments.includes(name))).toEqual([]);
    expect(opened.filter((path) => existsSync(path))).toEqual([]);
  });
});
