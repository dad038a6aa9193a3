import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2, { type Connection } from "ssh2";

/** Another machine, as far as ssh can tell: it lets one key in, runs commands in a home of its own, and opens unix sockets. */
export interface FarMachine {
  /** A configuration of ssh that knows the machine as `far` and as `gpu-box`. */
  readonly config: string;
  readonly home: string;
  /** Where sessions are that are opened there. */
  readonly runtime: string;
  stop(): Promise<void>;
}

/** One of 200 pairs that ssh2 makes has a key that begins with a zero, leaves that out, and cannot be read by anybody. */
function keyPair(): ReturnType<typeof ssh2.utils.generateKeyPairSync> {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519");
    if ([pair.public, pair.private].every((key) => !(ssh2.utils.parseKey(key) instanceof Error))) return pair;
  }
}

export async function farMachine(environment: NodeJS.ProcessEnv): Promise<FarMachine> {
  // Short, because sockets lie below.
  const at = mkdtempSync(join(tmpdir(), "vtf-"));
  const [home, runtime] = [join(at, "home"), join(at, "run")];
  for (const folder of [home, runtime]) mkdirSync(folder, { mode: 0o700 });
  const [host, user] = [keyPair(), keyPair()];
  const allowed = ssh2.utils.parseKey(user.public);
  if (allowed instanceof Error) throw allowed;
  const env = {
    PATH: process.env["PATH"],
    TMPDIR: process.env["TMPDIR"],
    ...environment,
    HOME: home,
    VITRAIL_RUNTIME_DIR: runtime,
  };
  const clients = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    clients.add(client);
    client.on("error", () => {});
    client.on("close", () => void clients.delete(client));
    client.on("authentication", (attempt) => {
      const isTheirs = attempt.method === "publickey" && attempt.key.data.equals(allowed.getPublicSSH());
      if (!isTheirs) return attempt.reject(["publickey"]);
      if (attempt.signature === undefined) return attempt.accept();
      if (allowed.verify(attempt.blob!, attempt.signature, attempt.hashAlgo) === true) attempt.accept();
      else attempt.reject();
    });
    client.on("session", (accept) => {
      accept().on("exec", (agree, _, { command }) => {
        const channel = agree();
        const child = spawn("sh", ["-c", command], { cwd: home, env });
        channel.pipe(child.stdin);
        child.stdin.on("error", () => {});
        child.stdout.pipe(channel, { end: false });
        child.stderr.pipe(channel.stderr, { end: false });
        // As sshd does, a broken line is an end of the input to whatever still runs.
        channel.on("close", () => void child.stdin.end());
        child.on("close", (code) => {
          channel.exit(code ?? 255);
          channel.end();
        });
      });
    });
    client.on("openssh.streamlocal", (accept, reject, { socketPath }) => {
      const socket = connect(socketPath);
      socket.once("error", () => reject());
      socket.once("connect", () => {
        const channel = accept();
        socket.on("error", () => channel.close());
        channel.on("close", () => socket.destroy());
        channel.pipe(socket).pipe(channel);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const written = (name: string, text: string) => {
    writeFileSync(join(at, name), text, { mode: 0o600 });
    return join(at, name);
  };
  const config = written(
    "config",
    [
      "Host far gpu-box",
      "HostName 127.0.0.1",
      `Port ${port}`,
      `IdentityFile ${written("key", user.private)}`,
      "IdentitiesOnly yes",
      `UserKnownHostsFile ${written("known", `[127.0.0.1]:${port} ${host.public}\n`)}`,
      "StrictHostKeyChecking yes",
      "",
    ].join("\n"),
  );
  return {
    config,
    home,
    runtime,
    async stop() {
      for (const client of clients) client.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(at, { recursive: true, force: true });
    },
  };
}
