import { z } from "zod";
import { adapter } from "../engine/adapters/adapter.js";
import { forward, parcel } from "../engine/wire/messages.js";
import { quantisations } from "../models/quantise/quantised.js";

const whole = z.number().int().nonnegative();
const span = z.strictObject({ from: whole, to: whole });

const plan = z.strictObject({
  mesh: z.strictObject({ pipeline: whole, data: whole, tensor: whole }),
  devices: z.array(z.string()),
  adapters: z.record(z.string(), adapter),
  stages: z.array(
    z.strictObject({ layers: span, embeds: z.boolean(), unembeds: z.boolean(), bytes: z.number() }),
  ),
  weights: z.enum(["pack", "map"]),
  threads: whole,
  spin: z.boolean(),
  collectives: z.enum(["alone", "sharedMemory", "socket"]),
  bytes: z.number(),
  spare: z.array(whole).readonly(),
  reason: z.string(),
});

/** What a broker is to open. */
export const order = z.strictObject({
  name: z.string(),
  /** As the user wrote it: a folder or a hub id. */
  model: z.string(),
  folder: z.string(),
  fingerprint: z.string(),
  /** Which files it was read from, and as they were when. */
  stamp: z.string(),
  weightBytes: z.number(),
  quantise: z.enum(quantisations).optional(),
  plan,
  idleMinutes: z.number().positive(),
  openedAt: z.string(),
});
export type Order = z.infer<typeof order>;

const rankStatus = z.strictObject({
  rank: whole,
  device: z.string(),
  stage: whole,
  dataRank: whole,
  tensorRank: whole,
  layers: span,
  pid: whole.optional(),
  state: z.enum(["starting", "ready", "busy", "lost"]),
  memory: whole,
  cacheBytes: whole,
});

const sessionStatus = z.strictObject({
  name: z.string(),
  model: z.string(),
  fingerprint: z.string(),
  mesh: z.string(),
  pid: whole,
  clients: whole,
  openedAt: z.string(),
  state: z.enum(["loading", "ready", "busy", "failed"]),
  ranks: z.array(rankStatus).readonly(),
  quantise: z.enum(quantisations).optional(),
  weightBytes: z.number(),
  residentBytes: z.number(),
});

/** Both sides must speak the same messages; a broker left by another version is told from a broken one. */
export const protocol = 9;

/** From a client to the broker. The first message must be `hello`. */
export const toBroker = z.discriminatedUnion("kind", [
  /** Two clients of one process say the same of it; who only asks how the session is says nothing. */
  z.strictObject({
    kind: z.literal("hello"),
    token: z.string(),
    protocol: whole,
    process: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("status"), id: whole }),
  z.strictObject({ kind: z.literal("forward"), id: whole, step: forward }),
  /** The results of this request have been read. */
  z.strictObject({ kind: z.literal("taken"), id: whole }),
  z.strictObject({ kind: z.literal("cancel"), id: whole }),
  /** What a host edit made, for each tensor rank that waits; null for one that goes on with what it has. */
  z.strictObject({
    kind: z.literal("handedBack"),
    id: whole,
    key: z.string(),
    parcels: z.array(parcel.nullable()).readonly(),
  }),
  /** The keys and values that this client's steps keep under this key are not needed any more. */
  z.strictObject({ kind: z.literal("release"), key: z.string() }),
  z.strictObject({ kind: z.literal("close"), id: whole }),
]);
export type ToBroker = z.infer<typeof toBroker>;

const result = z.strictObject({ stage: whole, dataRank: whole, tensorRank: whole, parcel });

/** From the broker to a client. */
export const fromBroker = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("welcome"), protocol: whole, order, pid: whole }),
  z.strictObject({
    kind: z.literal("progress"),
    done: whole,
    total: whole,
    label: z.string(),
    work: z.enum(["loading", "quantising"]),
  }),
  z.strictObject({ kind: z.literal("ready") }),
  z.strictObject({ kind: z.literal("failed"), message: z.string() }),
  z.strictObject({ kind: z.literal("status"), id: whole, status: sessionStatus }),
  z.strictObject({ kind: z.literal("result"), id: whole, results: z.array(result).readonly() }),
  /** The running forward pass waits for a host edit. */
  z.strictObject({
    kind: z.literal("handedOut"),
    id: whole,
    key: z.string(),
    results: z.array(result).readonly(),
    ranks: z.strictObject({ data: whole, tensor: whole }),
    isEverywhere: z.boolean(),
    into: z.strictObject({ folder: z.string(), overflow: z.string(), label: z.string() }),
  }),
  z.strictObject({ kind: z.literal("error"), id: whole, message: z.string(), cancelled: z.boolean() }),
  z.strictObject({ kind: z.literal("closed"), id: whole }),
]);
export type FromBroker = z.infer<typeof fromBroker>;
