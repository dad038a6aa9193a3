import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { distance } from "./closeness.js";
import { readGolden } from "./goldens.js";
import { forwardWithAll, observed, withSession } from "./sessions.js";

/** Whether a worker has mapped memory that it shares with others; its name is gone once all have. Read from /proc, so Linux only. */
const sharesMemory = (pid: number) => readFileSync(`/proc/${pid}/maps`, "utf8").includes("/dev/shm/vitrail-");

/** The road that tensor ranks' sums take must not show in the numbers. */
describe.each(["opt", "llama-grouped", "gpt2", "gpt-neox"])("tensor 2 of %s", (name) => {
  const golden = readGolden(name);
  const rows = golden.rows.map((row) => row.ids);

  it("is equal over shared memory and over sockets", async () => {
    const runs = [];
    for (const collectives of ["sharedMemory", "socket"] as const) {
      const options = { devices: 2, mesh: { tensor: 2 }, collectives };
      runs.push(
        await withSession(golden.folder, options, async (session) => {
          const { ranks } = await session.status();
          if (process.platform === "linux")
            expect(ranks.map(({ pid }) => sharesMemory(pid!))).toEqual(
              ranks.map(() => collectives === "sharedMemory"),
            );
          return observed(await forwardWithAll(session, rows));
        }),
      );
    }
    const [shared, socket] = runs as [(typeof runs)[0], (typeof runs)[0]];
    expect([...socket.keys()]).toEqual([...shared.keys()]);
    for (const [point, values] of socket) expect(distance(values, shared.get(point)!), point).toBe(0);
    expect(
      distance(shared.get("layers.0.residual.out")!, shared.get("layers.1.residual.out")!),
    ).toBeGreaterThan(0.1);
  });
});
