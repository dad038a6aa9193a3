import { z } from "zod";
import { adapter } from "../adapters/adapter.js";
import { programSchema } from "../../hooks/program.js";
import { editSchema, tensorSchema } from "../../hooks/wire.js";
import { quantisations } from "../../models/quantise/quantised.js";

const whole = z.number().int().nonnegative();

/** Where tensors lie in a file of shared memory; only this travels by socket. */
export const parcel = z.strictObject({
  path: z.string(),
  /** Where the file is to be moved once it has been read, for its writer to use again; without it, it is removed. */
  free: z.string().optional(),
  /** What lies in it, see `parcel/entries.ts`. */
  index: z.string(),
});
export type ParcelDescriptor = z.infer<typeof parcel>;

/** A parcel that one stage has made for another. */
export const handed = z.strictObject({ to: whole, parcel });
export type Handed = z.infer<typeof handed>;

/** Keys and values that a step goes on from and adds its own to; they stay on the ranks until they are released. */
export const cache = z.strictObject({
  key: z.string(),
  /** Columns that it must hold before the step; at 0 it is begun. */
  columns: whole,
  /** The row of the cache that each row of the step goes on from; by default its own. Only where it is kept everywhere. */
  rows: z.array(whole).optional(),
  /** Whether every replica runs all rows of the step and keeps them; else each only those that it runs. */
  everywhere: z.boolean().optional(),
  /** Whether it is only gone on from: the step adds nothing to it, so that others can go on from the same. */
  reads: z.boolean().optional(),
});
export type CacheUse = z.infer<typeof cache>;

/** A weight that a step reads in another file than the checkpoint's; see `Overlay`. */
const weight = z.strictObject({ name: z.string(), file: z.string() });

/** What is computed from the logits and some hook points where the logits are. */
export const readout = z.strictObject({
  /** Hook points that the program reads, whole, under their own names. */
  reads: z.array(z.string()),
  program: programSchema,
});
export type ReadoutStep = z.infer<typeof readout>;

/** The gradient of a readout's `loss`; gradients at hook points are among the requests. */
const gradient = z.strictObject({
  /** Weights, by Hugging Face name. */
  parameters: z.array(z.string()),
  /** Applied to the complete gradient at their points, in reverse order of the forward pass. */
  edits: z.array(editSchema),
  activations: z.enum(["save", "recompute"]),
  /** See `StageGradient`. */
  boundary: z.array(z.string()).optional(),
  /** Hook points whose gradient is that of what is read there alone, although others have the same value. */
  separate: z.array(z.string()).optional(),
});

/** One forward pass: token ids by row; padding, positions and masks are made on the ranks that need them. */
export const forward = z.strictObject({
  rows: z.array(z.array(whole)),
  /** Positions whose logits are computed; where they are listed, by row. */
  select: z.union([z.enum(["all", "last", "none"]), z.array(z.array(whole))]),
  /** Hook points that are wanted, see `wire/requests.ts`. */
  requests: z.string(),
  /** Applied in this order where they meet at one point. */
  edits: z.array(editSchema),
  /** Layers that are left out. */
  skip: z.array(whole).optional(),
  cache: cache.optional(),
  /** Edited weights; none when left out. */
  weights: z.array(weight).optional(),
  /** Fed by name: what readouts are given, and tensors of trained modules. */
  tensors: z.record(z.string(), tensorSchema).optional(),
  readout: readout.optional(),
  gradient: gradient.optional(),
});
export type ForwardStep = z.infer<typeof forward>;

const group = z.enum(["tensor", "data"]);

/** How the ranks of a group meet. */
export const meeting = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("alone") }),
  z.strictObject({ kind: z.literal("socket") }),
  z.strictObject({
    kind: z.literal("sharedMemory"),
    group,
    rank: whole,
    size: whole,
    name: z.string(),
    slotBytes: whole,
    spin: z.boolean(),
  }),
]);
export type Meeting = z.infer<typeof meeting>;

const span = z.strictObject({ from: whole, to: whole });

const shard = z.strictObject({ rank: whole, size: whole });

/** What a worker is to become. */
export const load = z.strictObject({
  rank: whole,
  folder: z.string(),
  fingerprint: z.string(),
  /** Linear weights that are read in another file than the checkpoint's; see `quantised`. */
  quantise: z.strictObject({ rule: z.enum(quantisations), file: z.string() }).optional(),
  stage: z.strictObject({
    layers: span,
    embeds: z.boolean(),
    unembeds: z.boolean(),
    tensor: shard,
    data: shard,
  }),
  device: z.string(),
  /** What is behind the device where it is an adapter by number. */
  adapter: adapter.optional(),
  weights: z.enum(["pack", "map"]),
  /** Bytes of weights that may be held beside those of the stage. */
  spare: whole,
  threads: whole,
  spin: z.boolean(),
  meetings: z.strictObject({ tensor: meeting, data: meeting }),
  /** Folder for parcels, and one on disk for when it is full. */
  parcels: z.string(),
  overflow: z.string(),
});
export type Load = z.infer<typeof load>;

/** From the launcher to a worker. */
export const toWorker = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("load"), load }),
  z.strictObject({
    kind: z.literal("step"),
    id: whole,
    step: forward,
    /** What other stages have handed to this one. */
    carried: z.array(parcel),
    /** What other stages need of this one, by the names it has there. */
    hands: z.array(z.strictObject({ to: whole, names: z.array(z.string()) })),
    /** Whether it stops before its gradients, until those at what it handed out have come. */
    waits: z.boolean(),
    /** Whether replicas meet in the step, on whatever stage, so that one without rows must take part too. */
    meets: z.boolean(),
  }),
  /** The rest of a step that waits. */
  z.strictObject({ kind: z.literal("backward"), id: whole, carried: z.array(parcel) }),
  z.strictObject({ kind: z.literal("cancel"), id: whole }),
  z.strictObject({ kind: z.literal("release"), key: z.string() }),
  /** What a host edit made of the part that this rank handed out; nothing where it handed out none of a split value. */
  z.strictObject({ kind: z.literal("handedBack"), id: whole, key: z.string(), parcel: parcel.optional() }),
  z.strictObject({ kind: z.literal("reduced"), group, step: whole, sequence: whole }),
  z.strictObject({ kind: z.literal("exit") }),
]);
export type ToWorker = z.infer<typeof toWorker>;

/** From a worker to the launcher. */
export const fromWorker = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("hello"),
    role: z.enum(["worker", "heartbeat"]),
    token: z.string(),
    epoch: whole,
    rank: whole,
  }),
  z.strictObject({ kind: z.literal("progress"), loaded: whole, total: whole, segment: z.string() }),
  /** With the resident set, in bytes, which is so never unknown of a worker that is ready. */
  z.strictObject({
    kind: z.literal("ready"),
    holds: z.array(z.string()),
    entry: z.array(z.string()),
    memory: whole,
  }),
  z.strictObject({
    kind: z.literal("done"),
    id: whole,
    /** For other stages. */
    handed: z.array(handed),
    /** The requested values that this rank holds, or its part of them, by point name. */
    parcel: parcel.optional(),
  }),
  z.strictObject({
    kind: z.literal("failed"),
    /** The step that failed, or undefined while loading. */
    id: whole.optional(),
    message: z.string(),
    /** `aborted`: only because another rank failed or was cancelled. */
    why: z.enum(["error", "cancelled", "aborted"]),
  }),
  /** The rank's part of what a host edit acts on, if it has one to tell, and that it waits for what comes back. */
  z.strictObject({ kind: z.literal("handedOut"), id: whole, key: z.string(), parcel: parcel.optional() }),
  /** Bytes of the keys and values that the rank keeps now. */
  z.strictObject({ kind: z.literal("kept"), bytes: whole }),
  z.strictObject({ kind: z.literal("reduce"), group, step: whole, sequence: whole }),
  z.strictObject({ kind: z.literal("beat"), memory: whole }),
]);
export type FromWorker = z.infer<typeof fromWorker>;
