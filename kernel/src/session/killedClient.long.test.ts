import { spawn } from "node:child_process";
import { expect, test, vi } from "vitest";
import { Session } from "./session.js";
import { opt, ownRuntime, quiet, rows, shared } from "./sessions.fixture.js";

ownRuntime();

/** A client in a process of its own that does something with the session and then does nothing more. */
async function client(name: string, does: string): Promise<{ pid: number; kill(): void }> {
  const library = new URL("../../dist/index.js", import.meta.url).href;
  const program = `
    import { Session, edit } from ${JSON.stringify(library)};
    const session = await Session.open(${JSON.stringify(opt)}, ${JSON.stringify({ ...quiet, name })});
    const said = () => console.log("there");
    ${does}
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return { pid: child.pid as number, kill: () => void child.kill("SIGKILL") };
}

test.skipIf(process.platform !== "linux")(
  "edited parameters and prefixes of a client that is killed are freed, and others go on",
  async () => {
    const session = await Session.open(opt, { ...quiet, name: "left" });
    const before = (await session.forward(rows)).logits;
    const other = await client(
      "left",
      `await session.editParameter("model.decoder.layers.0.fc1.weight", ({ data }) => data.map((x) => 2 * x));
     await session.prefix([[2, 5, 9]]);
     said();`,
    );
    const kept = async () => (await session.status()).ranks.map(({ cacheBytes }) => cacheBytes);
    expect(shared(other.pid)).toHaveLength(1);
    expect(await kept()).not.toEqual([0]);
    other.kill();
    await vi.waitFor(() => expect(shared(other.pid)).toEqual([]), 10_000);
    expect(await kept()).toEqual([0]);
    expect((await session.forward(rows)).logits).toEqual(before);
  },
);

test("a client that is killed while a host edit waits for it keeps nobody waiting", async () => {
  const session = await Session.open(opt, { ...quiet, name: "waits" });
  const before = (await session.forward(rows)).logits;
  const other = await client(
    "waits",
    `void session.forward([[2, 5]], { hooks: [edit("layers.1.mlp.output", () => (said(), new Promise(() => {})))] });`,
  );
  const pids = (await session.status()).ranks.map(({ pid }) => pid);
  const behind = session.forward(rows);
  other.kill();
  expect((await behind).logits).toEqual(before);
  const { clients, ranks } = await session.status();
  expect(clients).toBe(1);
  expect(ranks.map(({ pid }) => pid)).toEqual(pids);
});
