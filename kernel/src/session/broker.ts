import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { sweep } from "../engine/launch/leftovers.js";
import { Fleet } from "../engine/fleet.js";
import { equalSecrets } from "../engine/launch/lobby.js";
import { printMesh } from "../engine/mesh.js";
import { discardParcel } from "../engine/parcel/folder.js";
import { Cancelled } from "../engine/cancelled.js";
import { Channel } from "../engine/wire/channel.js";
import {
  brokerPid,
  quantisedFile,
  removeFolder,
  sessionFolder,
  writePrivately,
  type SessionFolder,
} from "./folder.js";
import {
  order as orderSchema,
  protocol,
  toBroker,
  type FromBroker,
  type Order,
  type ToBroker,
} from "./messages.js";
import { cacheName, discard, fail, handOut, ownStep, type Client, type Job } from "./job.js";
import { FairQueue } from "./queue.js";
import type { SessionStatus } from "./types.js";

/** A broker whose model could not be loaded stays this long, so that whoever opened it hears why. Milliseconds. */
const lastWords = 10_000;

/** A folder that is gone is noticed within this many milliseconds. */
const longestUnseen = 60_000;

/** Holds one session: its workers, and the clients that it serves in turn. */
export class Broker {
  readonly #order: Order;
  readonly #folder: SessionFolder;
  readonly #fleet: Fleet;
  readonly #clients = new Set<Client>();
  readonly #queue = new FairQueue<Client, Job>();
  readonly #token = randomBytes(32).toString("hex");
  #server: Server | undefined;
  #running: Job | undefined;
  #welcomed = 0;
  #failure: string | undefined;
  #loaded = false;
  #progress: FromBroker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(order: Order) {
    this.#order = order;
    this.#folder = sessionFolder(order.name);
    const { folder, fingerprint, quantise } = order;
    this.#fleet = new Fleet({
      folder: this.#folder.path,
      model: { folder, fingerprint, quantise: quantise && quantisedFile(this.#folder, quantise) },
      plan: order.plan,
      onProgress: (done, total, label, work) => {
        this.#progress = { kind: "progress", done, total, label, work };
        this.#tellAll(this.#progress);
      },
      log,
    });
  }

  /** Listens, then loads. Returns as soon as it listens. */
  async open(): Promise<void> {
    const server = createServer((socket) => this.#welcome(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      const mask = process.umask(0o177);
      server.listen(this.#folder.socket, resolve);
      process.umask(mask);
    });
    writePrivately(this.#folder.token, this.#token);
    writePrivately(this.#folder.broker, JSON.stringify({ pid: process.pid }));
    this.#wait();
    this.#fleet.launch().then(
      () => {
        this.#loaded = true;
        this.#tellAll({ kind: "ready" });
      },
      (error: Error) => {
        this.#failure = error.message;
        log(`could not open: ${error.message}`);
        this.#tellAll({ kind: "failed", message: error.message });
        setTimeout(() => void this.close(), lastWords);
      },
    );
  }

  /** Ends the workers, removes the folder, ends the process. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#fleet.close();
    // A server that closes removes its socket by path, which may be that of another session by now.
    if (this.#ownsFolder) {
      this.#server?.close();
      removeFolder(this.#order.name);
    }
    for (const { channel, closing } of this.#clients) {
      for (const id of closing) channel.send({ kind: "closed", id });
      channel.close();
    }
    // Neither a client that does not hang up nor a server that still listens keeps the process.
    setTimeout(() => process.exit(0), 1000).unref();
  }

  /** False once the folder was removed from outside, as that of a user who logs out is; another session may have its name. */
  get #ownsFolder(): boolean {
    return brokerPid(this.#folder) === process.pid;
  }

  #welcome(socket: Socket): void {
    let client: Client | undefined;
    const impatience = setTimeout(() => socket.destroy(), 10_000);
    const channel: Channel<ToBroker, FromBroker> = new Channel<ToBroker, FromBroker>(socket, toBroker, {
      message: (message) => {
        if (client !== undefined) return this.#heard(client, message);
        if (message.kind !== "hello" || !equalSecrets(message.token, this.#token)) {
          log("refused a connection without the token");
          socket.destroy();
          return;
        }
        clearTimeout(impatience);
        channel.send({ kind: "welcome", protocol, order: this.#order, pid: process.pid });
        if (message.protocol !== protocol) return channel.close();
        client = {
          channel,
          process: message.process,
          results: new Map(),
          closing: [],
          number: ++this.#welcomed,
          caches: new Set(),
        };
        this.#join(client);
      },
      closed: (error) => {
        clearTimeout(impatience);
        if (error !== undefined) log(`client: ${error.message}`);
        if (client !== undefined) this.#leave(client);
      },
    });
  }

  #join(client: Client): void {
    this.#clients.add(client);
    clearTimeout(this.#idle);
    if (this.#failure !== undefined) client.channel.send({ kind: "failed", message: this.#failure });
    else if (this.#loaded) client.channel.send({ kind: "ready" });
    else if (this.#progress !== undefined) client.channel.send(this.#progress);
  }

  #leave(client: Client): void {
    this.#clients.delete(client);
    this.#queue.drop(client);
    if (this.#running?.client === client) this.#running.abort.abort();
    for (const results of client.results.values()) discard(results);
    if (this.#running?.client !== client) this.#releaseAll(client);
    this.#wait();
  }

  /** With no client left, waits for one, as long as one can come; then ends. */
  #wait(since = Date.now()): void {
    clearTimeout(this.#idle);
    if (this.#clients.size > 0) return;
    if (this.#failure !== undefined) return void this.close();
    const left = since + this.#order.idleMinutes * 60_000 - Date.now();
    const why = !this.#ownsFolder
      ? "its folder is gone, and nobody can find it"
      : left <= 0 && `no client for ${this.#order.idleMinutes} minutes`;
    if (why !== false) {
      log(`${why}: closing`);
      return void this.close();
    }
    this.#idle = setTimeout(() => this.#wait(since), Math.min(left, longestUnseen));
  }

  #heard(client: Client, message: ToBroker): void {
    switch (message.kind) {
      case "hello":
        return;
      case "status":
        return client.channel.send({ kind: "status", id: message.id, status: this.#status() });
      case "forward":
        this.#queue.add(client, { client, request: message, abort: new AbortController() });
        return void this.#pump();
      case "taken":
        client.results.delete(message.id);
        return;
      case "release":
        client.caches.delete(message.key);
        return this.#fleet.release(cacheName(client, message.key));
      case "cancel":
        return this.#cancel(client, message.id);
      case "handedBack":
        return this.#handedBack(client, message);
      case "close":
        client.closing.push(message.id);
        return void this.close();
    }
  }

  #cancel(client: Client, id: number): void {
    const waiting = this.#queue.take(client, ({ request }) => request.id === id);
    if (waiting !== undefined) fail(waiting, new Cancelled());
    else if (this.#running?.client === client && this.#running.request.id === id) this.#running.abort.abort();
  }

  /** What comes for a run that is over nobody will read. */
  #handedBack(client: Client, message: Extract<ToBroker, { kind: "handedBack" }>): void {
    const job = this.#running;
    if (job?.client === client && job.request.id === message.id && job.handedBack) job.handedBack(message);
    else for (const parcel of message.parcels) if (parcel !== null) discardParcel(parcel);
  }

  async #pump(): Promise<void> {
    if (this.#running !== undefined) return;
    for (let job = this.#queue.next(); job !== undefined; job = this.#queue.next()) {
      this.#running = job;
      try {
        const results = await this.#fleet.run(ownStep(job), job.abort.signal, (value) => handOut(job, value));
        if (job.client.channel.closed) discard(results);
        else {
          job.client.results.set(job.request.id, results);
          job.client.channel.send({ kind: "result", id: job.request.id, results });
        }
      } catch (error) {
        fail(job, error as Error);
      }
      if (!this.#clients.has(job.client)) this.#releaseAll(job.client);
    }
    this.#running = undefined;
  }

  /** Nobody goes on from the caches of a client that is gone. */
  #releaseAll(client: Client): void {
    for (const key of client.caches) this.#fleet.release(cacheName(client, key));
    client.caches.clear();
  }

  #status(): SessionStatus {
    const { name, model, fingerprint, plan, openedAt, weightBytes, quantise } = this.#order;
    const ranks = this.#fleet.status();
    const { state } = this.#fleet;
    return {
      name,
      model,
      fingerprint,
      mesh: printMesh(plan.mesh),
      pid: process.pid,
      clients: new Set([...this.#clients].flatMap((client) => client.process ?? [])).size,
      openedAt,
      state: state === "down" || state === "closed" ? "failed" : state,
      ranks,
      ...(quantise && { quantise }),
      weightBytes,
      residentBytes: ranks.reduce((sum, { memory }) => sum + memory, 0),
    };
  }

  #tellAll(message: FromBroker): void {
    for (const { channel } of this.#clients) channel.send(message);
  }
}

function log(line: string): void {
  console.log(`${new Date().toISOString()} ${line}`);
}

/** The broker's process. Detached from whoever started it, so that it outlives cells, kernels and terminals. */
async function main(name: string): Promise<void> {
  process.umask(0o077);
  for (const signal of ["SIGHUP", "SIGINT", "SIGPIPE"] as const) process.on(signal, () => {});
  sweep();
  const broker = new Broker(orderSchema.parse(JSON.parse(readFileSync(sessionFolder(name).order, "utf8"))));
  process.on("SIGTERM", () => void broker.close());
  await broker.open();
}

const [, , name] = process.argv;
if (process.env["VITRAIL_BROKER"] === "1" && name !== undefined) {
  delete process.env["VITRAIL_BROKER"];
  main(name).catch((error: Error) => {
    // The folder stays, with this line in it, for whoever opens the session to tell and to remove.
    log(error.message);
    process.exit(1);
  });
}
