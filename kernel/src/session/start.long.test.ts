import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { BrokerClient } from "./client.js";
import { sessionFolder } from "./folder.js";
import { Session } from "./session.js";
import { opt, ownRuntime, quiet, runtime } from "./sessions.fixture.js";

ownRuntime();

const binding = createRequire(import.meta.url).resolve("onnxruntime-node/package.json");
const hasCuda = existsSync(
  join(dirname(binding), `bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime_providers_cuda.so`),
);

test("impossible plans, names and folders are refused, and no process is started", async () => {
  for (const [options, message] of [
    [{ devices: 64 }, /^pipeline 64: more stages than the \d+ layers there are/],
    [{ mesh: { tensor: 3 } }, /^tensor 3: \d+ heads cannot be shared evenly/],
    [{ name: "../up" }, /^session name "\.\.\/up": use/],
    [{ idleMinutes: 0 }, /^idleMinutes 0: must be above 0/],
    [{ idleMinutes: Infinity }, /^idleMinutes Infinity: must be at most 35791/],
    [{ devices: ["tpu"] }, /^no device "tpu"/],
  ] as const)
    await expect(Session.open(opt, { ...quiet, ...options })).rejects.toThrow(message);
  expect(existsSync(runtime.path) ? readdirSync(runtime.path) : []).toEqual([]);
});

test.skipIf(hasCuda)(
  "a device that is not there is said with its cure, and the name is free again at once",
  async () => {
    const cuda = Session.open(opt, { ...quiet, name: "elsewhere", devices: ["cuda:0"] });
    await expect(cuda).rejects.toThrow("npm rebuild onnxruntime-node --ignore-scripts=false");
    const session = await Session.open(opt, { ...quiet, name: "elsewhere", devices: ["cpu"] });
    expect((await session.status()).ranks[0]!.device).toBe("cpu");
    await session.close();
  },
);

test.runIf(process.platform === "linux")(
  "what runs a session has the settings of whoever opened it, but for certificates, which would only make it slow",
  async () => {
    const given = { NODE_EXTRA_CA_CERTS: "/etc/ssl/certs/of-a-proxy.crt", VITRAIL_TEST_SETTING: "kept" };
    const before = process.env["NODE_EXTRA_CA_CERTS"];
    Object.assign(process.env, given);
    try {
      const session = await Session.open(opt, quiet);
      const { pid, ranks } = await session.status();
      for (const each of [pid, ...ranks.map((rank) => rank.pid!)]) {
        const settings = readFileSync(`/proc/${each}/environ`, "utf8").split("\0");
        expect(settings).toContain("VITRAIL_TEST_SETTING=kept");
        expect(settings.filter((setting) => setting.startsWith("NODE_EXTRA_CA_CERTS"))).toEqual([]);
      }
    } finally {
      delete process.env["VITRAIL_TEST_SETTING"];
      if (before === undefined) delete process.env["NODE_EXTRA_CA_CERTS"];
      else process.env["NODE_EXTRA_CA_CERTS"] = before;
    }
  },
);

test("a socket path that is too long is refused with what to do", () => {
  process.env["VITRAIL_RUNTIME_DIR"] = join(runtime.path, "x".repeat(90));
  try {
    expect(() => sessionFolder("name")).toThrow(
      /is too long by \d+: set VITRAIL_RUNTIME_DIR to a shorter folder/,
    );
  } finally {
    process.env["VITRAIL_RUNTIME_DIR"] = runtime.path;
  }
});

test("the plan is printed, unless quiet", async () => {
  const print = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    const session = await Session.open(opt, { threads: 1, devices: 2 });
    expect(print.mock.calls.flat().join("\n")).toContain("pipeline 2 × tensor 1 on 2 × cpu");
    expect(session.plan).toContain("stage 1: ");
    await session.close();
  } finally {
    print.mockRestore();
  }
});

test("a name whose opener died before the broker listened can be used again", async () => {
  const child = spawn("true");
  await new Promise((resolve) => child.once("exit", resolve));
  const { path, broker } = sessionFolder("half");
  mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(broker, JSON.stringify({ pid: child.pid }));
  expect(await BrokerClient.connect("half")).toBeUndefined();
  expect(existsSync(path)).toBe(false);
});

test("a malformed checkpoint is refused in one line, and no process is started", async () => {
  const broken = mkdtempSync(join(tmpdir(), "broken-"));
  const weights = join(broken, "model.safetensors");
  const config = join(broken, "config.json");
  const refused = async (message: RegExp, spoil: () => void) => {
    cpSync(opt, broken, { recursive: true });
    spoil();
    await expect(Session.open(broken, { ...quiet, name: "broken" })).rejects.toThrow(message);
    expect(existsSync(runtime.path) ? readdirSync(runtime.path) : []).toEqual([]);
  };
  try {
    await refused(/^[^\n]*model\.safetensors[^\n]*$/, () => truncateSync(weights, 1000));
    await refused(/^[^\n]*model\.safetensors[^\n]*$/, () => writeFileSync(weights, Buffer.alloc(64, 255)));
    await refused(/^[^\n]*config\.json holds [^\n]*NaN[^\n]*$/, () =>
      writeFileSync(config, readFileSync(config, "utf8").replace(/"hidden_size": \d+/, '"hidden_size": NaN')),
    );
    await refused(/^[^\n]*num_attention_heads[^\n]*$/, () =>
      writeFileSync(
        config,
        readFileSync(config, "utf8").replace(/"num_attention_heads": \d+/, '"num_attention_heads": 7'),
      ),
    );
  } finally {
    rmSync(broken, { recursive: true });
  }
});
