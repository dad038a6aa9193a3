import { coordinatesOf, meshSize, type Mesh } from "../mesh.js";
import { parseDevice } from "../runtime.js";
import { printBytes } from "../../models/checkpoint/printBytes.js";
import { processBytes } from "./memory.js";
import type { Host, PlanModel, StagePlan } from "./plan.js";

/** Which rank holds what, as far as it is decided. */
export interface Layout {
  readonly mesh: Mesh;
  /** One per rank. */
  readonly devices: readonly string[];
  readonly stages: readonly StagePlan[];
}

/**
 * Whether weights are packed or mapped, the bytes of the host that they and the workers need by estimate, and why.
 * Quantised weights are always mapped: packed they would be float32. Throws one line with the numbers when the host or a
 * graphics card has less, and for quantised weights that are to be packed or held elsewhere than on CPUs.
 */
export function chooseWeights(
  model: PlanModel,
  asked: "pack" | "map" | undefined,
  { mesh, devices, stages }: Layout,
  { freeBytes, cudaFreeBytes }: Host,
): { mode: "pack" | "map"; bytes: number; why: string } {
  if (asked !== undefined && asked !== "pack" && asked !== "map")
    throw new Error(`weights ${JSON.stringify(asked)}: choose pack or map`);
  refuseQuantised(model, asked, devices);
  const widening = model.float32Bytes / model.weightBytes;
  const stageOf = (rank: number) => stages[coordinatesOf(mesh, rank).pipeline] as StagePlan;
  const held = (rank: number) => stageOf(rank).bytes / mesh.tensor;
  const cards = onCards(devices, (rank) => held(rank) * widening);
  refuseFullCards(cards, cudaFreeBytes);

  const onHost = devices.flatMap((device, rank) => (device === "cpu" ? [rank] : []));
  const workers = meshSize(mesh) * processBytes;
  // Onnxruntime holds one segment twice while it packs it, in every replica.
  const heaviest = Math.max(model.headBytes, ...model.layerBytes);
  const packing = new Set(onHost.map((rank) => coordinatesOf(mesh, rank).data)).size;
  const packed = (sum(onHost.map(held)) + packing * heaviest) * widening + workers;
  // Mapped, all ranks share the pages of the files; a tied table is in them once.
  const mappedStages = new Set(onHost.map(stageOf));
  const mapped = Math.min(model.weightBytes, sum([...mappedStages].map(({ bytes }) => bytes))) + workers;

  const { quantise } = model;
  const mode = asked ?? (quantise === undefined && packed <= freeBytes * 0.8 ? "pack" : "map");
  const bytes = mode === "pack" ? packed : mapped;
  const free = `${printBytes(freeBytes)} free`;
  if (bytes > freeBytes)
    throw new Error(
      `out of memory by estimate: ${quantise === undefined ? "" : `${quantise} `}${mode === "pack" ? "packed" : "mapped"} weights and ${devices.length} workers need ` +
        `${printBytes(bytes)}, ${free}${mode === "pack" && mapped <= freeBytes ? `; mapped they need ${printBytes(mapped)}` : ""}`,
    );
  const because =
    quantise !== undefined
      ? `one scale for each output channel, widened as they are used`
      : asked !== undefined
        ? "as asked"
        : mode === "pack"
          ? "faster, and there is room"
          : "packed they would need too much";
  const isCompared = mode === "map" && asked === undefined && quantise === undefined;
  const compared = isCompared ? `${because}: ${printBytes(packed)}` : because;
  const ofCards = [...cards].map(([device, need]) => `; ${printBytes(need)} on ${device}`).join("");
  return {
    mode,
    bytes,
    why: `${quantise === undefined ? "" : `${quantise}, `}${mode === "pack" ? "packed" : "mapped"}, about ${printBytes(bytes)} of ${free} (${compared})${ofCards}`,
  };
}

function refuseQuantised(
  { quantise }: PlanModel,
  asked: "pack" | "map" | undefined,
  devices: readonly string[],
): void {
  if (quantise === undefined) return;
  if (asked === "pack")
    throw new Error(`weights "pack" with quantise "${quantise}": packed they would be float32; choose map`);
  const other = devices.find((device) => device !== "cpu");
  if (other !== undefined)
    throw new Error(`quantise "${quantise}" on ${other}: quantised weights are held on cpu only`);
}

/** Bytes of weights on each device that is no CPU, over all its ranks. */
function onCards(devices: readonly string[], held: (rank: number) => number): Map<string, number> {
  const cards = new Map<string, number>();
  for (const [rank, device] of devices.entries()) {
    const card = parseDevice(device);
    if (card.kind === "cpu") continue;
    const name = card.index === undefined ? card.kind : `${card.kind}:${card.index}`;
    cards.set(name, (cards.get(name) ?? 0) + held(rank));
  }
  return cards;
}

function refuseFullCards(cards: ReadonlyMap<string, number>, free: Host["cudaFreeBytes"]): void {
  for (const [device, need] of cards) {
    const card = parseDevice(device);
    const room = card.kind === "cuda" ? free?.get(card.index) : undefined;
    if (room !== undefined && need > room)
      throw new Error(
        `out of memory by estimate: weights on ${device} need ${printBytes(need)}, ${printBytes(room)} free there; ` +
          `over more devices each holds less`,
      );
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
