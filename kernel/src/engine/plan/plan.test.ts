import { describe, expect, test } from "vitest";
import { balance } from "./balance.js";
import { plan, type Host, type PlanModel, type PlanRequest } from "./plan.js";

/** OPT-125M in float32: 12 equal layers, an embedding tied to the head. */
const model: PlanModel = {
  layers: 12,
  layerBytes: new Array<number>(12).fill(28.4e6),
  embedBytes: 160.7e6,
  headBytes: 154.4e6,
  weightBytes: 501e6,
  float32Bytes: 501e6,
};
const host: Host = { cores: 8, freeBytes: 16e9, refuseShared: () => undefined };

/** Every way of cutting, as the truth that the balance is measured against. */
function bruteForce(bytes: number[], stages: number): number {
  if (stages === 1) return bytes.reduce((sum, size) => sum + size, 0);
  let best = Infinity;
  for (let cut = 1; cut <= bytes.length - stages + 1; cut++) {
    const first = bytes.slice(0, cut).reduce((sum, size) => sum + size, 0);
    best = Math.min(best, Math.max(first, bruteForce(bytes.slice(cut), stages - 1)));
  }
  return best;
}

describe("stages balanced by bytes", () => {
  test.each([
    { layerBytes: [1, 1, 1, 1, 1, 1], embedBytes: 2, headBytes: 0, stages: 2 },
    { layerBytes: [1, 1, 1, 1, 1, 1], embedBytes: 3, headBytes: 3, stages: 3 },
    { layerBytes: [5, 1, 1, 1, 9, 2, 2], embedBytes: 4, headBytes: 7, stages: 4 },
    { layerBytes: [1, 2, 3], embedBytes: 100, headBytes: 1, stages: 3 },
    { layerBytes: [7], embedBytes: 1, headBytes: 1, stages: 1 },
  ])("$layerBytes + $embedBytes + $headBytes over $stages", ({ stages, ...bytes }) => {
    const ends = balance(bytes, stages);
    expect(ends[0]).toBe(0);
    expect(ends.at(-1)).toBe(bytes.layerBytes.length);
    const loaded = [...bytes.layerBytes];
    loaded[0] = (loaded[0] as number) + bytes.embedBytes;
    loaded[loaded.length - 1] = (loaded.at(-1) as number) + bytes.headBytes;
    const stageBytes = ends.slice(1).map((to, index) => {
      expect(to).toBeGreaterThan(ends[index] as number);
      return loaded.slice(ends[index], to).reduce((sum, size) => sum + size, 0);
    });
    expect(Math.max(...stageBytes)).toBe(bruteForce(loaded, stages));
  });
});

describe("the plan", () => {
  test("one process by default, weights packed while there is room", () => {
    const made = plan(model, {}, host);
    expect(made).toMatchObject({
      mesh: { pipeline: 1, tensor: 1 },
      devices: ["cpu"],
      weights: "pack",
      threads: 8,
    });
    expect(made.reason).toMatch(/^pipeline 1 × tensor 1 on cpu\n {2}one process holds the whole model\n/);
  });

  test("several devices make a pipeline whose stages hold about the same bytes, and it says why", () => {
    const made = plan(model, { devices: 2 }, host);
    expect(made.mesh).toEqual({ pipeline: 2, data: 1, tensor: 1 });
    expect(made.stages.map(({ layers }) => layers)).toEqual([
      { from: 0, to: 6 },
      { from: 6, to: 12 },
    ]);
    expect(made.reason).toMatch(/^pipeline 2 × tensor 1 on 2 × cpu\n {2}.*already whole/);
    expect(made.reason).toContain("stage 1: layers 6–11, head, 325 MB");
    expect(made.reason).toContain("8 per worker (all 8 cores, others wait meanwhile)");
  });

  test("threads spin where one worker has the cores to itself, and no more of them than there are cores", () => {
    expect(plan(model, {}, host).spin).toBe(true);
    expect(plan(model, { threads: 9 }, host).spin).toBe(false);
    expect(plan(model, { devices: 2 }, host).spin).toBe(false);
  });

  test("tensor ranks share the cores and meet in shared memory, or over sockets where there is none", () => {
    const made = plan(model, { mesh: { pipeline: 2, tensor: 2 } }, host);
    expect(made).toMatchObject({ threads: 4, collectives: "sharedMemory", spin: false });
    expect(made.devices).toHaveLength(4);
    const without = { ...host, refuseShared: () => "shm_open failed with error 13" };
    expect(plan(model, { mesh: { tensor: 2 } }, without)).toMatchObject({ collectives: "socket" });
    expect(plan(model, { mesh: { tensor: 2 } }, without).reason).toContain("shm_open failed with error 13");
    // A container's 64 MB hold the groups of a small mesh, and not of a large one.
    const small = {
      ...host,
      refuseShared: (bytes: number) => (bytes > 64e6 ? `no room for ${bytes}` : undefined),
    };
    expect(plan(model, { mesh: { pipeline: 2, tensor: 2 } }, small).collectives).toBe("sharedMemory");
    expect(plan(model, { mesh: { pipeline: 4, tensor: 4 } }, small).collectives).toBe("socket");
    expect(() => plan(model, { mesh: { tensor: 2 }, collectives: "sharedMemory" }, without)).toThrow(
      "cannot be had",
    );
  });

  test("a process has as many threads as the environment says, unless it is asked for another number", () => {
    const made = plan(model, { mesh: { tensor: 2 } }, { ...host, threads: 1 });
    expect(made.threads).toBe(1);
    expect(made.reason).toContain("1 per worker (OMP_NUM_THREADS)");
    expect(plan(model, { threads: 3 }, { ...host, threads: 1 }).threads).toBe(3);
  });

  test("replicas are made on request, share the cores and each pack their own weights", () => {
    const made = plan(model, { mesh: { data: 2, tensor: 2 } }, host);
    expect(made).toMatchObject({
      mesh: { pipeline: 1, data: 2, tensor: 2 },
      threads: 2,
      spin: false,
      collectives: "sharedMemory",
    });
    expect(made.devices).toHaveLength(4);
    expect(made.reason).toMatch(/^pipeline 1 × data 2 × tensor 2 on 4 × cpu\n {2}as asked\n/);
    expect(made.reason).toContain("8 cores shared by 2 replicas of 2 tensor ranks");
    expect(made.reason).toContain("replicas and tensor ranks meet in shared memory");
    const [one, two] = [1, 2].map((data) => plan(model, { mesh: { data }, weights: "pack" }, host).bytes);
    expect(two).toBe(2 * one!);
    const mapped = [1, 2].map((data) => plan(model, { mesh: { data }, weights: "map" }, host).bytes);
    expect(mapped[1]! - mapped[0]!).toBe(110e6);
    expect(plan(model, { devices: 4, mesh: { data: 2 } }, host).mesh).toEqual({
      pipeline: 2,
      data: 2,
      tensor: 1,
    });
    expect(plan(model, { devices: 8, mesh: { pipeline: 2, data: 2 } }, host).mesh.tensor).toBe(2);
  });

  test("one direction given, the devices decide the other", () => {
    expect(plan(model, { devices: 4, mesh: { tensor: 2 } }, host).mesh).toMatchObject({
      pipeline: 2,
      tensor: 2,
    });
    expect(plan(model, { devices: 4, mesh: { pipeline: 2 } }, host).mesh).toMatchObject({
      pipeline: 2,
      tensor: 2,
    });
  });

  test("weights are mapped when packing would not fit, and both numbers are said", () => {
    const made = plan(model, {}, { ...host, freeBytes: 1500e6 });
    expect(made.weights).toBe("map");
    expect(made.reason).toContain(
      "mapped, about 611 MB of 1.5 GB free (packed they would need 920 MB, and 656 MB more to generate or give gradients)",
    );
    // Half precision doubles when it is packed.
    const half = { ...model, float32Bytes: 1002e6 };
    expect(plan(half, {}, { ...host, freeBytes: 1700e6 }).weights).toBe("map");
    expect(plan(half, { weights: "pack" }, { ...host, freeBytes: 1900e6 }).weights).toBe("pack");
  });

  test("beside its stage a rank may hold two copies of it, or a gibibyte, as far as there is room", () => {
    const spare = (request: PlanRequest, freeBytes: number) =>
      plan(model, request, { ...host, freeBytes }).spare;
    const copy = 12 * 28.4e6 + 160.7e6 + 154.4e6;
    expect(spare({}, 16e9)).toEqual([2 * copy]);
    expect(spare({ devices: 2 }, 16e9)).toEqual([2 ** 30, 2 ** 30]);
    // 0.8 × 2 GB less what is packed, packing and one process.
    expect(spare({}, 2e9)).toEqual([1.6e9 - copy - 154.4e6 - 110e6]);
    expect(spare({ weights: "pack" }, 1.1e9)).toEqual([0]);
    const cards = (free: number) =>
      plan(model, { devices: ["cuda:1"] }, { ...host, cudaFreeBytes: new Map([[1, free]]) }).spare;
    expect(cards(80e9)).toEqual([2 * copy]);
    expect(cards(1e9)).toEqual([0.8e9 - copy]);
    expect(cards(0.7e9)).toEqual([0]);
  });

  test("quantised weights are mapped once for all ranks, whatever is free", () => {
    const int8 = {
      ...model,
      weightBytes: 246e6,
      layerBytes: Array<number>(12).fill(7.2e6),
      quantise: "int8",
    } as const;
    const made = plan(int8, { mesh: { data: 2 } }, host);
    expect([made.weights, made.bytes]).toEqual(["map", 246e6 + 2 * 110e6]);
    expect(made.reason).toContain(
      "weights: int8, mapped, about 466 MB of 16.0 GB free (one scale for each output channel, widened as they are used)",
    );
    expect(() => plan(int8, {}, { ...host, freeBytes: 300e6 })).toThrow(
      "out of memory by estimate: int8 mapped weights and 1 workers need 356 MB, 300 MB free",
    );
    expect(() => plan(int8, { weights: "pack" }, host)).toThrow(
      'weights "pack" with quantise "int8": packed they would be float32; choose map',
    );
    expect(() => plan(int8, { devices: ["cpu", "webgpu"] }, host)).toThrow(
      'quantise "int8" on webgpu: quantised weights are held on cpu only',
    );
  });
});

describe("what cannot be is refused with the numbers", () => {
  test.each([
    [{ devices: 13 }, "pipeline 13: more stages than the 12 layers there are; at most pipeline 12"],
    [
      { devices: 4, mesh: { pipeline: 3 } },
      "mesh pipeline 3 × tensor any does not fill 4 devices: pipeline × tensor must be 4",
    ],
    [
      { devices: ["cpu", "cpu", "cpu"], mesh: { pipeline: 2, tensor: 2 } },
      "mesh pipeline 2 × tensor 2 does not fill 3 devices: pipeline × tensor must be 3",
    ],
    [
      { devices: 3, mesh: { data: 2 } },
      "mesh pipeline any × data 2 × tensor any does not fill 3 devices: pipeline × data × tensor must be 3",
    ],
    [{ mesh: { data: 0 } }, "mesh data 0: must be a whole number from 1 on"],
    [{ devices: 0 }, 'devices 0: must be a whole number from 1 on, or a list such as ["cpu", "cpu"]'],
    [{ devices: [] }, "devices []: name at least one"],
    [{ devices: ["gpu:0"] }, 'no device "gpu:0": devices are cpu, webgpu, webgpu:n and cuda:n'],
    [
      { devices: ["webgpu:0", "webgpu:1"] },
      'no device "webgpu:1": only on Linux can an adapter be chosen, by its Vulkan loader; here it is webgpu or webgpu:0',
    ],
    [{ devices: "cpu" }, 'devices "cpu": give a number, or a list such as ["cpu", "cpu"]'],
    [{ mesh: { tenor: 2 } }, "mesh tenor: directions are pipeline, data and tensor"],
    [{ collectives: "mpi" }, 'collectives "mpi": choose auto, sharedMemory or socket'],
    [{ weights: "half" }, 'weights "half": choose pack or map'],
    [{ mesh: { tensor: 1.5 } }, "mesh tensor 1.5: must be a whole number from 1 on"],
    [{ threads: 0 }, "threads 0: must be a whole number from 1 on"],
  ])("%j", (request, message) => {
    // Programs without types say all kinds of things.
    expect(() => plan(model, request as PlanRequest, host)).toThrow(message);
  });

  test("out of memory by estimate", () => {
    expect(() => plan(model, {}, { ...host, freeBytes: 500e6 })).toThrow(
      "out of memory by estimate: mapped weights and 1 workers need 611 MB, 500 MB free",
    );
    expect(() => plan(model, { weights: "pack" }, { ...host, freeBytes: 700e6 })).toThrow(
      /packed weights and 1 workers need \d+ MB, 700 MB free; mapped they need 611 MB/,
    );
    // Only what a CPU holds is asked of the host.
    expect(() => plan(model, { devices: ["cpu", "cuda"] }, { ...host, freeBytes: 540e6 })).toThrow(
      "mapped weights and 2 workers need 551 MB, 540 MB free",
    );
    expect(plan(model, { devices: ["cuda"] }, { ...host, freeBytes: 500e6 }).bytes).toBe(110e6);
  });

  test("adapters that are named by number, by what Vulkan lists", () => {
    const card = { name: "NVIDIA H200", vendor: 0x10de, device: 0x2335, uuid: "a", pci: "0000:41:00.0" };
    const software = { name: "llvmpipe", vendor: 0x10005, device: 0, uuid: "b" };
    const linux = { ...host, adapters: [card, software] };
    const asked = (...devices: string[]) => plan(model, { devices }, linux).reason.split("\n")[0];
    expect(asked("webgpu:1", "webgpu:0")).toBe(
      "pipeline 2 × tensor 1 on webgpu:1 (llvmpipe), webgpu:0 (NVIDIA H200 (0000:41:00.0))",
    );
    expect(asked("webgpu", "cpu")).toBe("pipeline 2 × tensor 1 on webgpu, cpu");
    expect(() => asked("webgpu:2")).toThrow(
      "no adapter webgpu:2: Vulkan lists 0 NVIDIA H200 (0000:41:00.0), 1 llvmpipe",
    );
    // Elsewhere there is one, and its number is 0.
    expect(plan(model, { devices: ["webgpu:0"] }, host).devices).toEqual(["webgpu:0"]);
  });

  test("out of memory on a graphics card, by its number and over all ranks there", () => {
    const cards = { ...host, cudaFreeBytes: new Map([[1, 600e6]]) };
    expect(
      plan(model, { devices: ["cuda:1"] }, { ...cards, cudaFreeBytes: new Map([[1, 700e6]]) }),
    ).toBeDefined();
    expect(() => plan(model, { devices: ["cuda:1"] }, cards)).toThrow(
      "out of memory by estimate: weights on cuda:1 need 656 MB, 600 MB free there; over more devices each holds less",
    );
    const halves = plan(model, { devices: ["cuda:0", "cuda:1"] }, cards);
    expect(halves.reason).toContain("; 331 MB on cuda:0; 325 MB on cuda:1");
    const half = { ...model, float32Bytes: 1002e6 };
    expect(() => plan(half, { devices: ["cuda:0", "cuda:1"] }, cards)).toThrow(
      "weights on cuda:1 need 650 MB",
    );
    expect(() => plan(model, { devices: ["cuda:1", "cuda:1"] }, cards)).toThrow(
      "weights on cuda:1 need 656 MB",
    );
  });
});
