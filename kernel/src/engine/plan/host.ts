import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { inspectAdapters } from "../adapters/inspect.js";
import { removeSegment, reserve } from "../collectives/segment.js";
import { freeMemory } from "./memory.js";
import type { Host } from "./plan.js";

/**
 * What this host has now. Shared memory is tried, not guessed; graphics cards are asked only where one is named. Throws one line
 * where an adapter is named by number and none can be listed.
 */
export function inspectHost(devices: readonly string[] = []): Host {
  return {
    cores: availableParallelism(),
    threads: threadsOf(process.env),
    freeBytes: freeMemory(),
    refuseShared: trySharedMemory,
    ...(devices.some((device) => device.startsWith("cuda")) ? { cudaFreeBytes: freeCudaMemory() } : {}),
    ...(devices.some((device) => device.startsWith("webgpu:")) ? { adapters: inspectAdapters() } : {}),
  };
}

/**
 * Free bytes of each card by CUDA's number, from the driver's own tool. Empty where that is not there, or where CUDA
 * numbers cards in another order than the tool (some are hidden, or they are of several kinds).
 */
export function freeCudaMemory(environment: NodeJS.ProcessEnv = process.env): Map<number, number> {
  if (environment["CUDA_VISIBLE_DEVICES"] !== undefined) return new Map();
  const query = ["--query-gpu=index,name,memory.free", "--format=csv,noheader,nounits"];
  const asked = spawnSync("nvidia-smi", query, { encoding: "utf8", env: environment });
  if (asked.status !== 0) return new Map();
  const rows = asked.stdout
    .trim()
    .split("\n")
    .map((line) => line.split(", ") as [index: string, name: string, mebibytes: string]);
  const kinds = new Set(rows.map(([, name]) => name));
  if (kinds.size > 1 && environment["CUDA_DEVICE_ORDER"] !== "PCI_BUS_ID") return new Map();
  return new Map(rows.map(([index, , mebibytes]) => [Number(index), Number(mebibytes) * 2 ** 20]));
}

/** Threads of a process as `OMP_NUM_THREADS` says; of a list, which is for parts of parts, the first. Undefined for what OpenMP would not read. */
export function threadsOf(environment: NodeJS.ProcessEnv): number | undefined {
  const [, digits] = /^\s*(\d+)\s*(?:,[\s\d,]*)?$/.exec(environment["OMP_NUM_THREADS"] ?? "") ?? [];
  return Number(digits) > 0 ? Number(digits) : undefined;
}

/** Why so many bytes of shared memory cannot be had here, or undefined where they can. */
export function trySharedMemory(bytes: number): string | undefined {
  try {
    removeSegment(reserve(bytes));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
