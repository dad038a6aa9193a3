import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import { z } from "zod";
import type { RankGroup } from "../graph/graph.js";
import { chooseAdapter } from "./adapters/choose.js";
import { Aborted, alone, type Collectives, type Groups } from "./collectives/collectives.js";
import { SharedMemoryCollectives } from "./collectives/sharedMemory.js";
import { SocketCollectives } from "./collectives/socket.js";
import { program } from "./launch/program.js";
import { Cancelled } from "./cancelled.js";
import { discardParcel } from "./parcel/folder.js";
import type { StepOutcome } from "./course.js";
import { Rank } from "./rank.js";
import { reclaim } from "./reclaim.js";
import { onnxruntime } from "./runtime/runtime.js";
import { Channel } from "./wire/channel.js";
import { toWorker } from "./wire/messages.js";
import type { FromWorker, Load, Meeting, ParcelDescriptor, ToWorker } from "./wire/messages.js";

/** What a worker process is told by its environment. The token never stands in the arguments, where anybody can read it. */
const summons = z.strictObject({
  socket: z.string(),
  token: z.string(),
  epoch: z.number(),
  rank: z.number(),
});

const { socket: path, ...identity } = summons.parse(JSON.parse(process.env["VITRAIL_WORKER"] ?? "null"));
delete process.env["VITRAIL_WORKER"];
// An interrupt in a terminal is for the launcher to handle.
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});

let rank: Rank | undefined;
let groups: Groups = { tensor: alone, data: alone };
const cancelled = new Set<number>();
/** What a host edit has to give back before the running step can go on. */
let outside:
  | {
      readonly id: number;
      readonly key: string;
      resolve(parcel: ParcelDescriptor | undefined): void;
      reject(error: Error): void;
    }
  | undefined;

const channel = new Channel<ToWorker, FromWorker>(connect(path), toWorker, {
  message(message, body) {
    switch (message.kind) {
      case "load":
        return void load(message.load);
      case "step":
        return void work(message.id, (rank, cancelled) =>
          rank.run({
            ...message,
            cancelled,
            handOut: (key, parcel) => handOut(message.id, key, parcel),
          }),
        );
      case "backward":
        return void work(message.id, (rank, cancelled) =>
          rank.resume(message.id, message.carried, cancelled),
        );
      case "cancel":
        cancelled.add(message.id);
        rank?.giveUp();
        if (outside?.id === message.id) outside.reject(new Cancelled());
        for (const each of Object.values(groups))
          if (each instanceof SocketCollectives) each.aborted(message.id);
        return;
      case "release":
        rank?.release(message.key);
        return tellKept();
      case "handedBack":
        if (outside?.id === message.id && outside.key === message.key) outside.resolve(message.parcel);
        else if (message.parcel !== undefined) discardParcel(message.parcel);
        return;
      case "reduced": {
        const group = groups[message.group];
        if (group instanceof SocketCollectives) group.reduced(message.step, message.sequence, body);
        return;
      }
      case "exit":
        process.exit(0);
    }
  },
  // An orphan: whoever launched this worker is gone, and nobody else can use it.
  closed: () => process.exit(1),
});
const hello = { kind: "hello", ...identity } as const;
channel.send({ ...hello, role: "worker" });

const beating = new Worker(program(new URL("./heartbeat.js", import.meta.url)), {
  workerData: { socket: path, hello: { ...hello, role: "heartbeat" } },
});
beating.on("error", (error) => fail(undefined, error));

function fail(id: number | undefined, error: unknown): void {
  const why = error instanceof Cancelled ? "cancelled" : error instanceof Aborted ? "aborted" : "error";
  const [message = "unknown error"] = (error instanceof Error ? error.message : String(error)).split("\n");
  channel.send({ kind: "failed", ...(id === undefined ? {} : { id }), message, why });
}

async function load(load: Load): Promise<void> {
  try {
    // Before onnxruntime is loaded, which takes an adapter of those that it sees.
    if (load.adapter !== undefined) chooseAdapter(load.device, load.adapter);
    groups = { tensor: meet(load.meetings.tensor, "tensor"), data: meet(load.meetings.data, "data") };
    const { threads, spin } = load;
    rank = await Rank.open(
      load,
      onnxruntime({ threads, spin, shared: true }),
      groups,
      (loaded, total, segment) => channel.send({ kind: "progress", loaded, total, segment }),
    );
    channel.send({
      kind: "ready",
      holds: rank.holds,
      entry: [...rank.entry],
      memory: process.memoryUsage.rss(),
    });
  } catch (error) {
    fail(undefined, error);
  }
}

/** Does a step, or a part of it, and says what came of it. */
async function work(
  id: number,
  run: (rank: Rank, cancelled: () => boolean) => Promise<StepOutcome>,
): Promise<void> {
  try {
    if (rank === undefined) throw new Error("step before load");
    const { keptBytes } = rank;
    const { handed, parcel } = await run(rank, () => cancelled.has(id));
    if (rank.keptBytes !== keptBytes) tellKept();
    channel.send({ kind: "done", id, handed: [...handed], ...(parcel && { parcel }) });
  } catch (error) {
    fail(id, error);
  } finally {
    cancelled.clear();
    // After the answer has gone, so that nobody waits for it.
    setImmediate(reclaim);
  }
}

function handOut(
  id: number,
  key: string,
  parcel: ParcelDescriptor | undefined,
): Promise<ParcelDescriptor | undefined> {
  if (cancelled.has(id)) return Promise.reject(new Cancelled());
  const back = new Promise<ParcelDescriptor | undefined>((resolve, reject) => {
    outside = { id, key, resolve, reject };
  });
  channel.send({ kind: "handedOut", id, key, ...(parcel && { parcel }) });
  return back.finally(() => (outside = undefined));
}

function tellKept(): void {
  channel.send({ kind: "kept", bytes: rank?.keptBytes ?? 0 });
}

function meet(meeting: Meeting, group: RankGroup): Collectives {
  if (meeting.kind === "alone") return alone;
  if (meeting.kind === "sharedMemory") return new SharedMemoryCollectives(meeting);
  return new SocketCollectives((at, terms) => channel.send({ kind: "reduce", group, ...at }, terms));
}
