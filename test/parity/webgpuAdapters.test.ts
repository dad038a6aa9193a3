import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectParity } from "./expectation.js";
import { readGolden } from "./goldens.js";
import { forwardWithAll, observed, returnedLogits, withOwnSession } from "./sessions.js";
import { llvmpipe, missingSecond, showDrivers, swiftShader } from "./softwareGpus.js";

if (missingSecond && process.env["CI"]) {
  it("has two software GPUs in continuous integration", () => {
    expect.fail(`${missingSecond} is not installed`);
  });
}
if (missingSecond) console.warn(`choice of WebGPU adapters is skipped: ${missingSecond} is not installed`);

describe.skipIf(missingSecond !== undefined)("webgpu:n on two software GPUs", () => {
  const golden = readGolden("gpt2");
  const rows = golden.rows.map((row) => row.ids);
  const library = "libvk_swiftshader.so";
  let folder: string;
  /** A SwiftShader that calls itself another device, and one that is equal to the first. */
  let second: string, equal: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vitrail-adapters-"));
    [second, equal] = ["second", "equal"].map((name) => {
      mkdirSync(join(folder, name));
      cpSync(join(dirname(swiftShader), library), join(folder, name, library));
      const manifest = JSON.parse(readFileSync(swiftShader, "utf8")) as { ICD: object };
      const path = join(folder, name, "icd.json");
      writeFileSync(
        path,
        JSON.stringify({ ...manifest, ICD: { ...manifest.ICD, library_path: `./${library}` } }),
      );
      return path;
    }) as [string, string];
    rename(join(dirname(second), library));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What comes of `use`, or the line that refuses it, where these drivers and no others are seen. */
  async function seeing<T>(manifests: readonly string[], use: () => Promise<T>): Promise<T | string> {
    const undo = showDrivers(manifests, folder);
    try {
      return await use().catch((error: Error) => error.message);
    } finally {
      undo();
    }
  }

  it.each([
    ["webgpu:0", "webgpu:1"],
    ["webgpu:1", "webgpu:0"],
  ])("stages on %s and %s give transformers' numbers, each by its own driver", async (...devices) => {
    const code = await seeing([swiftShader, second], () =>
      withOwnSession(golden.folder, { devices }, async (session) => {
        expectParity(golden, observed(await forwardWithAll(session, rows)));
        const { ranks } = await session.status();
        expect(ranks.map(({ device }) => device)).toEqual(devices);
        const names = { "webgpu:0": "SwiftShader Device", "webgpu:1": "SwiftShader Second" };
        for (const [device, name] of Object.entries(names))
          expect(session.plan).toContain(`${device} (${name}`);
        return ranks.map(({ pid }) =>
          [swiftShader, second].map((manifest) => ranCode(pid!, join(dirname(manifest), library))),
        );
      }),
    );
    // Both processes load both drivers, but only who computes on one goes through most of its code.
    const [here, there] = code as [[number, number], [number, number]];
    const [own, other] = devices[0] === "webgpu:0" ? [here, there] : [there, here];
    expect(own[0]).toBeGreaterThan(other[0]);
    expect(other[1]).toBeGreaterThan(own[1]);
  });

  it("takes by number what it takes where there is nothing else", async () => {
    const both = [swiftShader, llvmpipe];
    const outcome = async (manifests: readonly string[], device: string) => {
      const logits = await seeing(manifests, () =>
        withOwnSession(golden.folder, { devices: [device] }, async (session) => [
          ...returnedLogits(await session.forward(rows)).data,
        ]),
      );
      // Mesa's before 23 lacks what WebGPU needs, and is refused: by number as alone.
      return typeof logits === "string" ? logits.replaceAll(device, "webgpu") : logits;
    };
    const listed = await outcome(both, "webgpu:9");
    expect(listed).toMatch(/^no adapter webgpu: Vulkan lists 0 SwiftShader .*, 1 llvmpipe /);
    const alone = [await outcome([swiftShader], "webgpu"), await outcome([llvmpipe], "webgpu")];
    expect(alone[0]).not.toEqual(alone[1]);
    expect([await outcome(both, "webgpu:0"), await outcome(both, "webgpu:1")]).toEqual(alone);
  });

  it("refuses one of two that nothing tells apart", async () => {
    const open = () => withOwnSession(golden.folder, { devices: ["webgpu:1"] }, () => Promise.resolve());
    expect(await seeing([swiftShader, equal], open)).toMatch(
      /^webgpu:1 cannot be had: Vulkan lists 2 × SwiftShader .*, and nothing tells them apart$/,
    );
  });

  it("does not go on on the next adapter when its own is gone", async () => {
    const away = `${second}.away`;
    const outcome = await seeing([swiftShader, second, llvmpipe], () =>
      withOwnSession(golden.folder, { devices: ["webgpu:1"] }, async (session) => {
        await session.forward(rows);
        const [rank] = (await session.status()).ranks;
        renameSync(second, away);
        try {
          process.kill(rank!.pid!, "SIGKILL");
          await expect(session.forward(rows)).rejects.toThrow("killed by SIGKILL");
          await session.forward(rows);
        } finally {
          renameSync(away, second);
        }
      }),
    );
    expect(outcome).toMatch(
      /webgpu:1 was SwiftShader Second .* when the session was planned, which is gone: Vulkan lists 0 SwiftShader Device .*, 1 llvmpipe /,
    );
  });

  it("never computes on another adapter where nobody can hide it", async () => {
    process.env["NODEVICE_SELECT"] = "1";
    const outcome = await seeing([swiftShader, second], () =>
      withOwnSession(golden.folder, { devices: ["webgpu:1"] }, async (session) => {
        await session.forward(rows);
        const [rank] = (await session.status()).ranks;
        const [first, own] = [swiftShader, second].map((manifest) =>
          ranCode(rank!.pid!, join(dirname(manifest), library)),
        ) as [number, number];
        return own > first;
      }),
    ).finally(() => delete process.env["NODEVICE_SELECT"]);
    // Without Mesa's layer it takes a loader from 1.4.326 on.
    if (outcome !== true)
      expect(outcome).toMatch(
        /webgpu:1 is SwiftShader Second .*, but asked for it alone Vulkan shows SwiftShader Device .*, SwiftShader Second .*: it takes Mesa's device-select layer/,
      );
  });
});

/** Gives the driver in this file another device number, name and identity; each has the length of what it replaces. */
function rename(path: string): void {
  let bytes = readFileSync(path).toString("latin1");
  for (const [from, to] of [
    ["\xe0\x1a\0\0\xde\xc0\0\0", "\xe0\x1a\0\0\xdf\xc0\0\0"],
    ["SwiftShader Device", "SwiftShader Second"],
    ["SwiftShaderUUID", "SwiftShaderUUI2"],
  ] as const) {
    expect(bytes).toContain(from);
    bytes = bytes.replaceAll(from, to);
  }
  writeFileSync(path, bytes, "latin1");
}

/** Kilobytes of a library's code that a process has gone through. */
function ranCode(pid: number, path: string): number {
  const mappings = readFileSync(`/proc/${pid}/smaps`, "utf8").split(/^(?=[\da-f]+-[\da-f]+ )/m);
  const code = mappings.filter((each) => each.includes(path) && /^\S+ r-x/.test(each));
  return code.reduce((sum, each) => sum + Number(/^Rss: +(\d+)/m.exec(each)![1]), 0);
}
