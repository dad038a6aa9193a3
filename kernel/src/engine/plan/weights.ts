import { coordinatesOf, meshSize, type Mesh } from "../mesh.js";
import { parseDevice } from "../runtime/device.js";
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

/** How weights are held. */
export interface Holding {
  readonly mode: "pack" | "map";
  /** What they and the workers need of the host, by estimate. */
  readonly bytes: number;
  /** What each rank may hold of weights beside those of its stage, for generation, gradients and edits. */
  readonly spare: readonly number[];
  readonly why: string;
}

/** Of what is free, as much is given to weights unless somebody asks for more. */
const share = 0.8;

/**
 * Whether weights are packed or mapped, the bytes of the host that they and the workers need by estimate, and why. They are
 * packed where there is room for a second copy, which a rank holds as soon as it generates or gives gradients.
 * Quantised weights are always mapped: packed they would be float32. Throws one line with the numbers when the host or a
 * graphics card has less, and for quantised weights that are to be packed or held elsewhere than on CPUs.
 */
export function chooseWeights(
  model: PlanModel,
  asked: "pack" | "map" | undefined,
  { mesh, devices, stages }: Layout,
  { freeBytes, cudaFreeBytes }: Host,
): Holding {
  if (asked !== undefined && asked !== "pack" && asked !== "map")
    throw new Error(`weights ${JSON.stringify(asked)}: choose pack or map`);
  refuseQuantised(model, asked, devices);
  const widening = model.float32Bytes / model.weightBytes;
  const stageOf = (rank: number) => stages[coordinatesOf(mesh, rank).pipeline] as StagePlan;
  const held = (rank: number) => stageOf(rank).bytes / mesh.tensor;
  const copies = devices.map((_, rank) => held(rank) * widening);
  const cards = onCards(devices, copies);
  refuseFullCards(cards, cudaFreeBytes);

  const onHost = devices.flatMap((device, rank) => (device === "cpu" ? [rank] : []));
  const workers = meshSize(mesh) * processBytes;
  // Onnxruntime holds one segment twice while it packs it, in every replica.
  const heaviest = Math.max(model.headBytes, ...model.layerBytes);
  const packing = new Set(onHost.map((rank) => coordinatesOf(mesh, rank).data)).size;
  const copy = sum(onHost.map((rank) => copies[rank] as number));
  const packed = copy + packing * heaviest * widening + workers;
  // Mapped, all ranks share the pages of the files; a tied table is in them once.
  const mappedStages = new Set(onHost.map(stageOf));
  const mapped = Math.min(model.weightBytes, sum([...mappedStages].map(({ bytes }) => bytes))) + workers;

  const { quantise } = model;
  const mode = asked ?? (quantise === undefined && packed + copy <= freeBytes * share ? "pack" : "map");
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
          ? "faster, and there is room, twice over"
          : `packed they would need ${printBytes(packed)}, and ${printBytes(copy)} more to generate or give gradients`;
  /** How many more copies there is room for. */
  const left = (device: string): number => {
    if (device === "cpu") return (freeBytes * share - bytes) / copy;
    const room = roomOn(device, cudaFreeBytes);
    const need = cards.get(nameOf(device)) as number;
    return room === undefined ? Infinity : (room * share - need) / need;
  };
  const ofCards = [...cards].map(([device, need]) => `; ${printBytes(need)} on ${device}`).join("");
  return {
    mode,
    bytes,
    spare: devices.map((device, rank) => {
      const copy = copies[rank] as number;
      return Math.floor(Math.max(0, Math.min(spareBytes(copy), left(device) * copy)));
    }),
    why: `${quantise === undefined ? "" : `${quantise}, `}${mode === "pack" ? "packed" : "mapped"}, about ${printBytes(bytes)} of ${free} (${because})${ofCards}`,
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

/**
 * At most so many bytes of weights are held beside those of a rank's stage, however much is free: a whole copy for generation
 * and one for gradients or edits, which are used in turn. An edited layer of OPT-125M holds 28 MB and an edited head 154.
 */
function spareBytes(copy: number): number {
  return Math.max(2 * copy, 2 ** 30);
}

/** Bytes of weights on each device that is no CPU, over all its ranks. */
function onCards(devices: readonly string[], copies: readonly number[]): Map<string, number> {
  const cards = new Map<string, number>();
  for (const [rank, device] of devices.entries())
    if (device !== "cpu")
      cards.set(nameOf(device), (cards.get(nameOf(device)) ?? 0) + (copies[rank] as number));
  return cards;
}

/** `cuda` and `cuda:0` are one card. */
function nameOf(device: string): string {
  const card = parseDevice(device);
  return card.kind === "cpu" || card.index === undefined ? card.kind : `${card.kind}:${card.index}`;
}

/** Bytes that are free on a card; undefined where nobody says it. */
function roomOn(device: string, free: Host["cudaFreeBytes"]): number | undefined {
  const card = parseDevice(device);
  return card.kind === "cuda" ? free?.get(card.index) : undefined;
}

function refuseFullCards(cards: ReadonlyMap<string, number>, free: Host["cudaFreeBytes"]): void {
  for (const [device, need] of cards) {
    const room = roomOn(device, free);
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
