import { connect } from "node:net";
import { expect, test, vi } from "vitest";
import { sessionFolder } from "./folder.js";
import { Session } from "./session.js";
import { opt, ownRuntime, quiet, rows } from "./sessions.fixture.js";

ownRuntime();

// Elsewhere the system refuses who comes to a full queue, as if nobody listened.
test.skipIf(process.platform !== "linux")(
  "a frozen broker that so many wait for that nobody more may is not taken for dead",
  async () => {
    const session = await Session.open(opt, { ...quiet, name: "crowded" });
    const { pid } = await session.status();
    const { socket } = sessionFolder("crowded");
    const knock = () =>
      new Promise<string>((resolve) => {
        const caller = connect(socket, () => (caller.destroy(), resolve("waits")));
        caller.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
      });
    const warned = vi.spyOn(console, "warn").mockReturnValue();
    process.kill(pid, "SIGSTOP");
    try {
      let outcome = "waits";
      while (outcome === "waits") outcome = await knock();
      expect(outcome).toBe("EAGAIN");
      const silent = `broker of session "crowded" (pid ${pid}) does not answer`;
      await expect(Session.open(opt, { ...quiet, name: "crowded" })).rejects.toThrow(silent);
      expect(await Session.list()).toEqual([]);
      expect(warned).toHaveBeenCalledWith(`not listed: ${silent}`);
    } finally {
      warned.mockRestore();
      process.kill(pid, "SIGCONT");
    }
    expect((await Session.list()).map(({ name }) => name)).toEqual(["crowded"]);
    expect((await session.forward(rows)).logits).toBeDefined();
  },
);
