import type { Adapter } from "../adapters/adapter.js";
import { parseDevice } from "../runtime/device.js";
import { printBytes } from "../../models/checkpoint/printBytes.js";
import type { Quantisation } from "../../models/quantise/quantised.js";
import { layoutOf, slotBytes } from "../collectives/segment.js";
import { groups, meshSize, printMesh, type Mesh } from "../mesh.js";
import { balance, type StageBytes } from "./balance.js";
import { adaptersOf, printDevices } from "./devices.js";
import { chooseWeights } from "./weights.js";

/** What the planner must know of a model. */
export interface PlanModel extends StageBytes {
  readonly layers: number;
  /** Bytes of all weights on disk (a tied table counted once), and as float32. */
  readonly weightBytes: number;
  readonly float32Bytes: number;
  /** How linear weights are held where it is not as they are on disk; the bytes above are then of what is held. */
  readonly quantise?: Quantisation | undefined;
}

/** What the user asked for. */
export interface PlanRequest {
  readonly devices?: number | readonly string[];
  readonly mesh?: { readonly pipeline?: number; readonly data?: number; readonly tensor?: number };
  readonly weights?: "pack" | "map";
  readonly threads?: number;
  readonly collectives?: "auto" | "sharedMemory" | "socket";
}

/** What the host has. */
export interface Host {
  readonly cores: number;
  /** Threads of a process where the environment says how many (`OMP_NUM_THREADS`, as PyTorch reads it). */
  readonly threads?: number | undefined;
  readonly freeBytes: number;
  /** Free bytes of each graphics card by CUDA's number; of one that is not in it nothing is known. */
  readonly cudaFreeBytes?: ReadonlyMap<number, number>;
  /** What Vulkan lists, by WebGPU's number, where one is named by number; undefined where there is no Vulkan to choose by. */
  readonly adapters?: readonly Adapter[] | undefined;
  /** Why so many bytes of shared memory cannot be had here, or undefined where they can. */
  refuseShared(bytes: number): string | undefined;
}

export interface StagePlan {
  readonly layers: { readonly from: number; readonly to: number };
  readonly embeds: boolean;
  readonly unembeds: boolean;
  /** Weights of the whole stage as they are held in files, over all its tensor ranks; of one replica. */
  readonly bytes: number;
}

/** How a model will be laid out. Plain data. */
export interface Plan {
  readonly mesh: Mesh;
  /** One per rank. */
  readonly devices: readonly string[];
  /** What is behind each device that is an adapter by number. */
  readonly adapters: Readonly<Record<string, Adapter>>;
  readonly stages: readonly StagePlan[];
  readonly weights: "pack" | "map";
  /** Threads of one worker. */
  readonly threads: number;
  /**
   * Whether waiting threads may spin: only where one worker has the cores to itself. They go on for some thirty milliseconds after a
   * step, in which the next stage would compute.
   */
  readonly spin: boolean;
  readonly collectives: "alone" | "sharedMemory" | "socket";
  /** Estimated bytes over all workers. */
  readonly bytes: number;
  /** Bytes of weights that each rank may hold beside those of its stage. */
  readonly spare: readonly number[];
  /** What was chosen and why, to print. */
  readonly reason: string;
}

/**
 * Chooses a layout. Pipeline is the default over several devices, because a hooked activation is then already
 * whole; tensor parallelism and replicas (data parallelism) only on request, because one row runs on one replica.
 * Throws one line with the numbers for what cannot be.
 */
export function plan(model: PlanModel, request: PlanRequest, host: Host): Plan {
  const { mesh, devices, why } = layOut(model, request);
  const adapters = adaptersOf(devices, host.adapters);
  const starts = balance(model, mesh.pipeline);
  const stages = starts.slice(0, -1).map((from, index): StagePlan => {
    const to = starts[index + 1] as number;
    const embeds = index === 0;
    const unembeds = index === mesh.pipeline - 1;
    const layers = model.layerBytes.slice(from, to).reduce((sum, bytes) => sum + bytes, 0);
    const bytes = layers + (embeds ? model.embedBytes : 0) + (unembeds ? model.headBytes : 0);
    return { layers: { from, to }, embeds, unembeds, bytes };
  });
  const weights = chooseWeights(model, request.weights, { mesh, devices, stages }, host);
  const collectives = chooseCollectives(mesh, request.collectives ?? "auto", host);
  const atOnce = mesh.data * mesh.tensor;
  const threads = request.threads ?? host.threads ?? Math.max(1, Math.floor(host.cores / atOnce));
  if (!Number.isInteger(threads) || threads < 1)
    throw new Error(`threads ${threads}: must be a whole number from 1 on`);
  const waiting = mesh.pipeline > 1 ? ", others wait meanwhile" : "";
  const threadWhy =
    request.threads !== undefined
      ? "as asked"
      : host.threads !== undefined
        ? "OMP_NUM_THREADS"
        : atOnce > 1
          ? `${host.cores} cores shared by ${printSharers(mesh)}`
          : `all ${host.cores} cores${waiting}`;
  const lines = [
    `${printMesh(mesh)} on ${printDevices(devices, adapters)}`,
    `  ${why}`,
    ...stages.map((stage, index) => `  stage ${index}: ${printStage(stage)}`),
    `  weights: ${weights.why}`,
    `  threads: ${threads} per worker (${threadWhy})${collectives.why}`,
  ];
  return {
    mesh,
    devices,
    adapters,
    stages,
    weights: weights.mode,
    threads,
    spin: meshSize(mesh) === 1 && threads <= host.cores,
    collectives: collectives.kind,
    bytes: weights.bytes,
    spare: weights.spare,
    reason: lines.join("\n"),
  };
}

function layOut(model: PlanModel, request: PlanRequest): { mesh: Mesh; devices: string[]; why: string } {
  for (const direction of Object.keys(request.mesh ?? {}))
    if (!["pipeline", "data", "tensor"].includes(direction))
      throw new Error(`mesh ${direction}: directions are pipeline, data and tensor`);
  const { pipeline, data, tensor } = request.mesh ?? {};
  for (const [direction, size] of Object.entries({ pipeline, data, tensor }))
    if (size !== undefined && (!Number.isInteger(size) || size < 1))
      throw new Error(`mesh ${direction} ${size}: must be a whole number from 1 on`);
  const asked = request.devices;
  if (asked !== undefined && typeof asked !== "number" && !Array.isArray(asked))
    throw new Error(`devices ${JSON.stringify(asked)}: give a number, or a list such as ["cpu", "cpu"]`);
  if (typeof asked === "number" && (!Number.isInteger(asked) || asked < 1))
    throw new Error(`devices ${asked}: must be a whole number from 1 on, or a list such as ["cpu", "cpu"]`);
  if (typeof asked === "object" && asked.length === 0) throw new Error("devices []: name at least one");
  const count =
    typeof asked === "number" ? asked : (asked?.length ?? (pipeline ?? 1) * (data ?? 1) * (tensor ?? 1));
  const replicas = data ?? 1;
  const across = tensor ?? (pipeline === undefined ? 1 : count / (pipeline * replicas));
  const along = pipeline ?? count / (replicas * across);
  const mesh = { pipeline: along, data: replicas, tensor: across };
  if (!Number.isInteger(along) || !Number.isInteger(across) || meshSize(mesh) !== count) {
    const named = data === undefined ? "" : ` × data ${data}`;
    throw new Error(
      `mesh pipeline ${pipeline ?? "any"}${named} × tensor ${tensor ?? "any"} does not fill ${count} devices: ` +
        `pipeline × ${data === undefined ? "" : "data × "}tensor must be ${count}`,
    );
  }
  if (along > model.layers)
    throw new Error(
      `pipeline ${along}: more stages than the ${model.layers} layers there are; at most pipeline ${model.layers}`,
    );
  const devices = typeof asked === "object" ? [...asked] : new Array<string>(count).fill("cpu");
  for (const device of devices) parseDevice(device);
  const why =
    request.mesh !== undefined
      ? "as asked"
      : count === 1
        ? "one process holds the whole model"
        : "one stage per device, so that a hooked activation is already whole";
  return { mesh, devices, why };
}

function chooseCollectives(
  mesh: Mesh,
  asked: "auto" | "sharedMemory" | "socket",
  host: Host,
): { kind: Plan["collectives"]; why: string } {
  if (!["auto", "sharedMemory", "socket"].includes(asked))
    throw new Error(`collectives ${JSON.stringify(asked)}: choose auto, sharedMemory or socket`);
  if (mesh.data * mesh.tensor === 1) return { kind: "alone", why: "" };
  const who = mesh.data === 1 ? "tensor ranks" : mesh.tensor === 1 ? "replicas" : "replicas and tensor ranks";
  if (asked === "socket") return { kind: "socket", why: `; ${who} meet over sockets (as asked)` };
  // A container's shared memory is often there, and small.
  const refused = host.refuseShared(segmentBytes(mesh));
  if (refused === undefined) return { kind: "sharedMemory", why: `; ${who} meet in shared memory` };
  if (asked === "sharedMemory") throw new Error(`collectives "sharedMemory" cannot be had: ${refused}`);
  return { kind: "socket", why: `; ${who} meet over sockets (${refused})` };
}

/** Bytes of shared memory in which all groups of a mesh meet. */
export function segmentBytes(mesh: Mesh): number {
  const sizes = (["tensor", "data"] as const).flatMap((direction) =>
    groups(mesh, direction)
      .filter((ranks) => ranks.length > 1)
      .map((ranks) => layoutOf(ranks.length, slotBytes[direction]).bytes),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/** `2 replicas of 4 tensor ranks` */
function printSharers({ data, tensor }: Mesh): string {
  if (data === 1) return `${tensor} tensor ranks`;
  return `${data} replicas${tensor > 1 ? ` of ${tensor} tensor ranks` : ""}`;
}

/** `embedding, layers 0–5, 252 MB` */
function printStage({ layers, embeds, unembeds, bytes }: StagePlan): string {
  const last = layers.to - 1;
  const span = layers.from === last ? `layer ${last}` : `layers ${layers.from}–${last}`;
  return [...(embeds ? ["embedding"] : []), span, ...(unembeds ? ["head"] : []), printBytes(bytes)].join(
    ", ",
  );
}
