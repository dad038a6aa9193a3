import type { HandedOut, HandOut, RankResult } from "../engine/stages.js";
import { discardParcel } from "../engine/parcel/folder.js";
import { Cancelled } from "../engine/cancelled.js";
import type { Channel } from "../engine/wire/channel.js";
import type { ForwardStep } from "../engine/wire/messages.js";
import type { FromBroker, ToBroker } from "./messages.js";

/** Somebody whom the broker serves. */
export interface Client {
  readonly channel: Channel<ToBroker, FromBroker>;
  /** The process that uses the session; undefined for who only asks how it is. */
  readonly process: string | undefined;
  /** Results that were sent and not yet read, by request. */
  readonly results: Map<number, readonly RankResult[]>;
  /** Requests to close that wait for an answer. */
  readonly closing: number[];
  /** Distinguishes its caches from those of other clients. */
  readonly number: number;
  /** Caches that its steps use, until it releases them or goes. */
  readonly caches: Set<string>;
}

/** One pass that a client asked for. */
export interface Job {
  readonly client: Client;
  readonly request: Extract<ToBroker, { kind: "forward" }>;
  readonly abort: AbortController;
  /** Goes on with what a host edit made, while the client is making it. */
  handedBack?: ((message: Extract<ToBroker, { kind: "handedBack" }>) => void) | undefined;
}

/** What the ranks call a cache of a client: several may have one key. */
export const cacheName = ({ number }: Client, key: string): string => `${number}:${key}`;

/** The step as the ranks get it, its cache remembered as its client's. */
export function ownStep({ client, request: { step } }: Job): ForwardStep {
  if (step.cache === undefined) return step;
  client.caches.add(step.cache.key);
  return { ...step, cache: { ...step.cache, key: cacheName(client, step.cache.key) } };
}

/** Lets the client make a host edit. A client that gives the run up, or goes, does not answer; the run is then aborted. */
export function handOut(job: Job, value: HandedOut): ReturnType<HandOut> {
  const { client, request } = job;
  return new Promise((resolve) => {
    job.handedBack = ({ parcels }) => {
      job.handedBack = undefined;
      resolve(parcels.map((parcel) => parcel ?? undefined));
    };
    client.channel.send({ kind: "handedOut", id: request.id, ...value });
  });
}

/** Tells a client that its pass came to nothing. */
export function fail({ client, request }: Job, error: Error): void {
  client.channel.send({
    kind: "error",
    id: request.id,
    message: error.message,
    cancelled: error instanceof Cancelled,
  });
}

/** Frees what nobody will read. */
export function discard(results: readonly RankResult[]): void {
  for (const { parcel } of results) discardParcel(parcel);
}
