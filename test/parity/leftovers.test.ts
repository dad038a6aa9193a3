import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readGolden } from "./goldens.js";
import { cutting, meshesWithReplicas } from "./meshes.js";
import { forwardWithAll, runtime, withOwnSession } from "./sessions.js";

/** Shared memory that one of these processes made; other sessions of this machine have theirs. */
const segments = (pids: readonly number[]) =>
  readdirSync("/dev/shm").filter((name) => pids.includes(Number(/^vitrail-(\d+)-/.exec(name)?.[1])));
const sockets = () =>
  readFileSync("/proc/net/unix", "utf8")
    .split("\n")
    .map((line) => line.split(" ").at(-1)!)
    .filter((path) => path.startsWith(runtime));
const sharesMemory = (pid: number) => readFileSync(`/proc/${pid}/maps`, "utf8").includes("/dev/shm/vitrail-");
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
    ...Object.entries(cutting).map(([name, options]) => ({ name, ...options, collectives: "auto" as const })),
    { name: "tensor 2 over sockets", ...cutting["tensor 2"], collectives: "socket" as const },
    { name: "data 2 × tensor 2", ...meshesWithReplicas["data 2 × tensor 2"], collectives: "auto" as const },
  ])("no process, shared memory or socket is left ($name)", async ({ devices, mesh, collectives }) => {
    const before = sockets();
    let pids: number[] = [];
    let opened: string[] = [];
    await withOwnSession(golden.folder, { devices, mesh, collectives }, async (session) => {
      await forwardWithAll(session, [golden.rows[0]!.ids]);
      const status = await session.status();
      pids = [status.pid, ...status.ranks.map((rank) => rank.pid!)];
      expect(pids.every(alive)).toBe(true);
      opened = sockets().filter((path) => !before.includes(path));
      expect(opened.length).toBeGreaterThan(0);
      // The folder of parcels is there; what tensor ranks share has no name any more, but is mapped.
      expect(segments(pids).length).toBeGreaterThan(0);
      const shares = collectives === "auto" && "tensor" in mesh && mesh.tensor > 1;
      const workers = status.ranks.map((rank) => rank.pid!);
      expect(workers.map(sharesMemory)).toEqual(workers.map(() => shares));
    });
    expect(await until(() => !pids.some(alive)), `of ${pids.join()} some live on`).toBe(true);
    expect(segments(pids)).toEqual([]);
    expect(opened.filter((path) => existsSync(path))).toEqual([]);
  });
});
